import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { bareServer, connected } from "../../test/support/bare-server.ts";
import { eventually } from "../../test/support/client.ts";
import type { GatewayRequest } from "./request.ts";
import { keepsAlive, releaseResponse } from "./response.ts";

/** Sends bytes to a server that answers nothing by itself. @returns its requests and responses, once there are `count`. */
async function received(bytes: string, count: number) {
  const turns: { readonly request: GatewayRequest; readonly response: ServerResponse }[] = [];
  const { port } = await bareServer({
    onRequest(request, response) {
      request.discardBody();
      turns.push({ request, response });
    },
  });
  const client = await connected(port);
  client.write(bytes);
  await eventually(() => turns.length >= count, `${count} requests`);
  return { client, turns, responses: turns.map(({ response }) => response) };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('response.finished and "finish": Node takes the next pipelined response, each in its turn', async () => {
  const { responses } = await received(get("/1") + get("/2") + get("/3"), 3);
  const holders = () => responses.map(({ socket }) => socket !== null);
  expect(holders()).toEqual([true, false, false]);
  for (const [at, response] of responses.entries()) {
    releaseResponse(response);
    expect(holders()).toEqual([0, 1, 2].map((place) => place === at + 1));
  }
});

test("response.finished: a response that Node did not write counts as ended, and nothing is sent for it", async () => {
  const { client, responses } = await received(get("/1"), 1);
  const [response] = responses;
  if (response === undefined) throw new Error("no response");
  let closed = false;
  response.on("close", () => {
    closed = true;
  });
  releaseResponse(response);
  await eventually(() => closed, "Node's end of the response");
  expect(response.writableEnded).toBe(true);
  expect(client.bytesRead).toBe(0);
});

test("resOnFinish: Node asserts that responses end in the order of their requests", async () => {
  const { responses } = await received(get("/1") + get("/2"), 2);
  const [first, second] = responses as [ServerResponse, ServerResponse];
  expect(() => releaseResponse(second)).toThrow(expect.objectContaining({ code: "ERR_INTERNAL_ASSERTION" }));
  releaseResponse(first);
});

test.each([
  { line: "HTTP/1.1", connection: undefined, keeps: true },
  { line: "HTTP/1.1", connection: "close", keeps: false },
  { line: "HTTP/1.1", connection: "x, Close", keeps: false },
  { line: "HTTP/1.0", connection: undefined, keeps: false },
  { line: "HTTP/1.0", connection: "keep-alive", keeps: true },
])("response.shouldKeepAlive: $keeps after $line with Connection: $connection", async (row) => {
  const field = row.connection === undefined ? "" : `Connection: ${row.connection}\r\n`;
  const { responses } = await received(`GET / ${row.line}\r\nHost: a\r\n${field}\r\n`, 1);
  expect(responses.map(keepsAlive)).toEqual([row.keeps]);
});
