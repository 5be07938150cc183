import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { hasStartInterval } from "./start-interval.ts";

/** What is thought of an engine that says this of its version. */
async function asked(version: object): Promise<boolean> {
  const server = createServer((_, answer) => answer.end(JSON.stringify(version)));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    return await hasStartInterval(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test.each([
  ["Docker 29", { ApiVersion: "1.52", Components: [{ Name: "Engine" }] }, true],
  ["Docker 25", { ApiVersion: "1.44" }, true],
  ["Docker 24", { ApiVersion: "1.43" }, false],
  ["Docker 20.10", { ApiVersion: "1.41" }, false],
  ["Podman, whatever API it says", { ApiVersion: "1.52", Components: [{ Name: "Podman Engine" }] }, false],
  ["what says no version", {}, false],
])("%s", async (_name, version, expected) => {
  expect(await asked(version)).toBe(expected);
});

test("what does not answer has none", async () => {
  expect(await hasStartInterval("tcp://127.0.0.1:1")).toBe(false);
});
