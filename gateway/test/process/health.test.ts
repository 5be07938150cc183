import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isReadyAfterRest } from "../../src/process/health.ts";

test("a health check with a rest answers at once until the gateway is ready, rests then, and at once again when it is not", async () => {
  let status = 503;
  const server = createServer((_, answer) => answer.writeHead(status).end());
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const folder = mkdtempSync(join(tmpdir(), "gateway-health-"));
  const { port } = server.address() as AddressInfo;
  const probe = async () => {
    const begun = performance.now();
    const ready = await isReadyAfterRest({ host: "0.0.0.0", port }, 2, join(folder, "ready"));
    return { ready, rested: performance.now() - begun > 1_500 };
  };
  try {
    expect(await probe()).toEqual({ ready: false, rested: false });
    status = 200;
    expect(await probe()).toEqual({ ready: true, rested: false });
    expect(await probe()).toEqual({ ready: true, rested: true });
    status = 503;
    expect(await probe()).toEqual({ ready: false, rested: true });
    expect(await probe()).toEqual({ ready: false, rested: false });
    status = 200;
    const nowhere = join(folder, "missing", "ready");
    expect(await isReadyAfterRest({ host: "0.0.0.0", port }, 2, nowhere)).toBe(true);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
