import { expect, test } from "vitest";
import { type BareClient, bareServer, connected } from "../../test/support/bare-server.ts";
import { eventually } from "../../test/support/client.ts";
import { readInSlices } from "./parser.ts";
import { releaseResponse } from "./response.ts";

const count = 200_000;
/** A body of one-byte chunks that tells its place, and two requests behind it. */
const bytes = (n: number) => String.fromCharCode(97 + (n % 26));
const upload = `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${Array.from({ length: count }, (_, n) => `1\r\n${bytes(n)}\r\n`).join("")}0\r\n\r\n`;
const behind =
  "GET /b HTTP/1.1\r\nHost: a\r\n\r\nPOST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";

test.each(["at once", "once the parser reads by itself"])(
  'socket.listeners("data") and unshift: a body of 200,000 chunks is parsed a little in each turn, no byte lost (cut %s)',
  async (when) => {
    const came: string[] = [];
    let most = 0;
    let pieces = 0;
    let client: BareClient | undefined;
    const cut = () => {
      const { socket } = client as BareClient;
      readInSlices(
        socket,
        true,
        () => {},
        () => socket.resume(),
      );
      socket.resume();
    };
    const { port } = await bareServer({
      onClient(made) {
        client = made;
        if (when === "at once") setImmediate(cut);
      },
      onRequest(request, response) {
        let body = "";
        request.sendBodyTo({
          onRequestBody(chunk) {
            body += chunk.toString("latin1");
            if (pieces === 0)
              setImmediate(() => {
                most = Math.max(most, pieces);
                pieces = 0;
              });
            pieces++;
            if (when !== "at once" && body.length === 1) {
              client?.socket.pause();
              setImmediate(cut);
            }
            return true;
          },
          onRequestEnd() {
            came.push(`${request.url} ${body}`);
            setImmediate(() => releaseResponse(response));
          },
        });
      },
    });
    const socket = await connected(port);
    socket.write(upload + behind);
    await eventually(() => came.length === 3, "all requests");
    expect(came[0] === `/a ${Array.from({ length: count }, (_, n) => bytes(n)).join("")}`).toBe(true);
    expect(came.slice(1)).toEqual(["/b ", "/c abc"]);
    // Six bytes a chunk, and perhaps two turns until the count is taken; what was read before it was cut is one read.
    expect(most).toBeLessThan(when === "at once" ? 1_400 : 12_000);
  },
);
