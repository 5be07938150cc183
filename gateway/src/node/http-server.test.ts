import http from "node:http";
import { expect, test } from "vitest";
import { type BareClient, bareServer, connected } from "../../test/support/bare-server.ts";
import { eventually, pause } from "../../test/support/client.ts";
import { nodeProblem } from "./requirements.ts";
import { releaseResponse } from "./response.ts";

const upgrade = (path: string, rest = "", protocol = "websocket") =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${rest}\r\n`;

/** A server that takes upgrades of `/taken…`, and tells what happens. */
async function watched() {
  const happened: string[] = [];
  const clients: BareClient[] = [];
  const { port } = await bareServer({
    onClient: (client) => void clients.push(client),
    takesUpgrade({ url = "" }) {
      happened.push(`asked ${url}`);
      return url.startsWith("/taken");
    },
    onRequest(request, response) {
      happened.push(`request ${request.url}`);
      request.sendBodyTo({
        onRequestBody: (chunk) => happened.push(`body ${chunk}`) > 0,
        onRequestEnd: () => releaseResponse(response),
      });
    },
    onUpgrade: ({ url }, early) => void happened.push(`upgrade ${url} ${early}`),
    onConnect: ({ url }) => void happened.push(`connect ${url}`),
    onParseError: ({ code }) => void happened.push(`error ${code}`),
  });
  const client = await connected(port);
  return { client, happened, server: () => clients[0] as BareClient };
}

test.each(["websocket", "h2c", "anything, else/1"])(
  "shouldUpgradeCallback: is asked for an Upgrade to %s, and false makes a plain request of it",
  async (protocol) => {
    const { client, happened } = await watched();
    client.write(upgrade("/plain", "", protocol));
    await eventually(() => happened.length >= 2, "the request");
    expect(happened).toEqual(["asked /plain", "request /plain"]);
  },
);

test("shouldUpgradeCallback: is asked for every one on a connection, also beside a body, which comes as usual", async () => {
  const { client, happened } = await watched();
  for (const [at, body] of ["ab", "cd"].entries()) {
    client.write(upgrade(`/${at}`, "Content-Length: 2\r\n") + body);
    await eventually(() => happened.length >= 3 * (at + 1), "the request and its body");
  }
  expect(happened).toEqual(["asked /0", "request /0", "body ab", "asked /1", "request /1", "body cd"]);
});

test("shouldUpgradeCallback: what follows a refused Upgrade in the same read is neither an error nor a request", async () => {
  const { client, happened } = await watched();
  client.write(`${upgrade("/plain")}\x81\x05hello\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n`);
  await eventually(() => happened.length >= 2, "the request");
  await pause(50);
  expect(happened).toEqual(["asked /plain", "request /plain"]);
});

test("shouldUpgradeCallback: true hands the socket over, with what came early; the parser is done with it", async () => {
  const { client, happened, server } = await watched();
  client.write(`${upgrade("/taken")}early`);
  await eventually(() => happened.length >= 2, "the upgrade");
  expect(happened).toEqual(["asked /taken", "upgrade /taken early"]);
  const { socket } = server();
  expect(socket.parser ?? null).toBe(null);
  let read = "";
  socket.on("data", (chunk: Buffer) => {
    read += chunk;
  });
  client.write("GET / HTTP/1.1\r\n\r\n");
  await eventually(() => read !== "", "the bytes");
  await pause(20);
  expect(read).toBe("GET / HTTP/1.1\r\n\r\n");
  expect(happened).toHaveLength(2);
});

test("shouldUpgradeCallback: is not asked for CONNECT", async () => {
  const { client, happened } = await watched();
  client.write("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => happened.length > 0, "the event");
  expect(happened).toEqual(["connect a:1"]);
});

test("server.shouldUpgradeCallback: a Node that knows the option keeps it as a property", () => {
  const ask = () => false;
  const server = http.createServer({ shouldUpgradeCallback: ask });
  expect((server as { shouldUpgradeCallback?: unknown }).shouldUpgradeCallback).toBe(ask);
  expect(nodeProblem()).toBe(undefined);
});

test("requireHostHeader: Node leaves a request without Host to the gateway, however it looks for the field", async () => {
  const asked: (string | undefined)[] = [];
  const { server, port } = await bareServer({
    onRequest(request, response) {
      asked.push(request.url);
      releaseResponse(response);
    },
  });
  (await connected(port)).write("GET /without HTTP/1.1\r\n\r\n");
  await eventually(() => asked.length > 0, "the request");
  expect(asked).toEqual(["/without"]);
  // Node 24 asks our `headers`, which never lack a host, and would find none missing; another Node may ask otherwise.
  expect((server as { requireHostHeader?: unknown }).requireHostHeader).toBe(false);
});

test("socketOnEnd: Node ends our side when the client ends its own", async () => {
  const { client, happened, server } = await watched();
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await eventually(() => happened.length > 0, "the request");
  const { socket } = server();
  expect(socket.writableEnded).toBe(false);
  client.end();
  await eventually(() => socket.writableEnded && socket.destroyed, "the end of both sides");
});

test("socketOnEnd: an end within a message is a clientError, and ends nothing by itself", async () => {
  const { client, happened, server } = await watched();
  client.end("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  await eventually(() => happened.length > 2, "the error");
  expect(happened).toEqual(["request /", "body ab", "error HPE_INVALID_EOF_STATE"]);
  expect(server().socket.writableEnded).toBe(false);
});
