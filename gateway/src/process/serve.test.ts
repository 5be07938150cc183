import { createServer } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import type { RouteTable } from "../../../config/route-table.ts";
import type { Gateway } from "../gateway.ts";
import type { AccessLog } from "../observe/access-log.ts";
import { readSettings } from "../settings.ts";
import type { RouteFile } from "./reload.ts";
import { serve } from "./serve.ts";
import type { ReloadResult, Wiring } from "./wiring.ts";

/** What happened, in order. */
const calls: string[] = [];
vi.mock("../node/leave.ts", () => ({ leave: (code: number) => void calls.push(`leave ${code}`) }));

const names = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const before = names.map((name) => process.listeners(name));
const added = (name: (typeof names)[number]) =>
  process.listeners(name).filter((listener) => !before[names.indexOf(name)]?.includes(listener));
afterEach(() => {
  for (const name of names) for (const listener of added(name)) process.off(name, listener);
});

test("a gateway alone: takes tables over, counts reloads, can be scraped while it drains, and sends its spans last", async () => {
  const [first, next] = [{ services: [] }, { services: [] }] as unknown as RouteTable[];
  const server = createServer();
  const used: unknown[] = [];
  const gateway: Gateway = {
    server,
    use: (table) => void used.push(table),
    close: async () => {
      // The metrics port is open for as long as this takes.
      await new Promise((resolve) => server.close(resolve));
      calls.push("drained");
    },
  };
  let take: ((table: RouteTable) => unknown) | undefined;
  let done: ((result: ReloadResult) => void) | undefined;
  const routeFile = {
    load: () => first,
    watch: (_log: unknown, ...on: [typeof take, typeof done]) => {
      [take, done] = on;
      return () => void calls.push("unwatched");
    },
  } as unknown as RouteFile;
  const log = {
    event: (event: string) => void calls.push(event),
    flush() {},
    close: async () => void calls.push("log closed"),
  } as unknown as AccessLog;
  const wiring: Wiring = {
    settings: readSettings({ PROXY_HOST: "127.0.0.1", PROXY_PORT: "0" }),
    log,
    start(table) {
      used.push(table);
      return gateway;
    },
    metrics: {
      snapshot: () => [],
      retire: () => [],
      listen: async () => ({ close: () => void calls.push("metrics closed") }),
      reload: (result) => void calls.push(`counted ${result}`),
    },
    finish: async () => void calls.push("spans sent"),
  };
  await serve(wiring, routeFile);
  expect(calls.splice(0)).toEqual(["listening"]);
  take?.(next as RouteTable);
  expect(used).toEqual([first, next]);
  expect(used[1]).toBe(next);
  done?.("reloaded");
  done?.("kept");
  expect(calls.splice(0)).toEqual(["counted reloaded", "counted kept"]);
  for (const listener of added("SIGTERM")) listener("SIGTERM");
  await expect.poll(() => calls.at(-1), { timeout: 8_000 }).toBe("leave 0");
  expect(calls).toEqual([
    "draining",
    "unwatched",
    "drained",
    "spans sent",
    "metrics closed",
    "stopped",
    "log closed",
    "leave 0",
  ]);
});
