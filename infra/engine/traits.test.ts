import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { EngineTraits } from "./health-check.ts";
import { traitsOf } from "./traits.ts";

/** What is thought of an engine that answers so. */
async function answered(answers: RequestListener, patience?: number): Promise<EngineTraits> {
  const server = createServer(answers);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    return await traitsOf(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, patience);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const asked = (version: object) => answered((_, answer) => answer.end(JSON.stringify(version)));

test.each([
  ["Docker 29", { ApiVersion: "1.52", Components: [{ Name: "Engine" }] }, { startInterval: true }],
  ["Docker 25", { ApiVersion: "1.44" }, { startInterval: true }],
  ["Docker 24", { ApiVersion: "1.43" }, { startInterval: false }],
  ["Docker 20.10", { ApiVersion: "1.41" }, { startInterval: false }],
  [
    "Podman, whatever API it says",
    { ApiVersion: "1.52", Components: [{ Name: "Podman Engine" }] },
    { startInterval: false, podman: true },
  ],
  ["what says no version", {}, { startInterval: false }],
])("%s", async (_name, version, expected) => {
  expect(await asked(version)).toEqual(expected);
});

test("one that is busy is waited for", { timeout: 30_000 }, async () => {
  const slow: RequestListener = (_, answer) =>
    void setTimeout(() => answer.end(JSON.stringify({ ApiVersion: "1.52" })), 16_000);
  expect(await answered(slow)).toEqual({ startInterval: true });
});

test.each<[string, RequestListener, RegExp]>([
  ["answers nothing in time", () => {}, /no answer within 0\.3 s; how health is checked depends on it/],
  ["hangs up", (request) => void request.socket.destroy(), /socket hang up|ECONNRESET/],
  ["has a fault", (_, answer) => void answer.writeHead(503).end("overloaded"), /503/],
])("one that %s changes nothing: it is an error", async (_name, answers, said) => {
  await expect(answered(answers, 300)).rejects.toThrow(said);
});

test("what is not there has none", async () => {
  expect(await traitsOf("tcp://127.0.0.1:1")).toEqual({ startInterval: false });
});
