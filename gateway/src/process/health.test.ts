import { createServer } from "node:http";
import { expect, test } from "vitest";
import { listening } from "../../test/support/bare-server.ts";
import { isReady } from "./health.ts";

test.each([
  [200, true],
  [503, false],
  [404, false],
])("a gateway that answers %i on its readiness path: %s", async (status, ready) => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(status, { Connection: "close" }).end();
  });
  const port = await listening(server);
  // Who listens everywhere is asked on loopback.
  for (const host of ["127.0.0.1", "0.0.0.0"]) expect(await isReady({ host, port })).toBe(ready);
  expect(asked).toEqual(["/_gateway/ready", "/_gateway/ready"]);
});

test("a gateway that is gone is not ready", async () => {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  expect(await isReady({ host: "127.0.0.1", port })).toBe(false);
});
