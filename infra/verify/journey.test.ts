import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { journeySchema } from "../../config/define/verify.ts";
import { Door } from "./door.ts";
import type { Subject } from "./subject.ts";
import { travel } from "./verify.ts";

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A journey through a service that answers so. */
function journeyTo(answer: RequestListener, withinSeconds = 0) {
  const sent: string[] = [];
  const server = createServer((request, response) => {
    sent.push(request.method ?? "");
    response.setHeader("x-request-id", "1");
    answer(request, response);
  }).listen(0);
  servers.push(server);
  const step = (method: string) => ({ name: method, service: "s", method, path: "/thing" });
  const journey = journeySchema.parse({
    makes: ["a thing"],
    steps: [{ ...step("POST"), status: 201, withinSeconds }, step("GET")],
    removes: [step("DELETE"), step("DELETE")],
  });
  const { port } = server.address() as AddressInfo;
  const subject = { door: new Door(`http://127.0.0.1:${port}`), platform: { journey } } as unknown as Subject;
  return { sent, travelling: travel(subject, { journey: true, announce: () => {} }) };
}

test.each([1, 2, 3])("whoever listens no more after line %i leaves nothing behind", async (lines) => {
  const { sent, travelling } = journeyTo(({ method }, response) =>
    response.writeHead(method === "POST" ? 201 : 200).end("{}"),
  );
  let left = lines;
  for await (const _ of travelling) if (--left === 0) break;
  expect(sent.filter((method) => method === "DELETE")).toHaveLength(2);
});

test("a POST whose answer was lost is not sent twice: it may have been carried out", async () => {
  const { sent, travelling } = journeyTo(
    ({ socket, method }, response) =>
      method === "POST" && sent.length === 1 ? socket.destroy() : response.writeHead(409).end("{}"),
    5,
  );
  const { value } = await travelling.next();
  expect(value).toMatchObject({ result: "failed", detail: expect.stringContaining("not sent again") });
  expect(sent).toEqual(["POST"]);
});

test("a POST that was answered with a fault is sent again within its time", async () => {
  const { sent, travelling } = journeyTo(
    (_, response) => response.writeHead(sent.length === 1 ? 404 : 201).end("{}"),
    5,
  );
  expect((await travelling.next()).value).toMatchObject({ result: "passed" });
  expect(sent).toEqual(["POST", "POST"]);
});
