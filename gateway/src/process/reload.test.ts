import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RouteTable } from "../../../config/route-table.ts";
import type { AccessLog } from "../observe/access-log.ts";
import { RouteFile } from "./reload.ts";

/** Called at each look at the file's facts that the gateway takes before it reads a changed file. */
let onLook = () => {};
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return {
    ...fs,
    stat: ((...args: Parameters<typeof fs.stat>) => {
      onLook();
      return fs.stat(...args);
    }) as typeof fs.stat,
  };
});

const table = (name: string) =>
  JSON.stringify({ services: [{ name, host: "127.0.0.1", port: 1, prefix: "/a", strip_prefix: true }] });
const wait = { timeout: 10_000 };
let folder: string;
let file: string;
let undo = () => {};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gateway-reload-"));
  file = join(folder, "routes.json");
  writeFileSync(file, table("first"));
});
afterEach(() => {
  undo();
  onLook = () => {};
  rmSync(folder, { recursive: true });
});

/** Loads the file, and watches it after `between`. */
function watched(between = () => {}) {
  const routeFile = new RouteFile(file);
  routeFile.load();
  between();
  const events: string[] = [];
  const taken: string[] = [];
  const counted: string[] = [];
  const log = { event: (event: string) => void events.push(event), flush() {} } as unknown as AccessLog;
  const take = ({ services }: RouteTable) => {
    taken.push(String(services[0]?.name));
    return {};
  };
  const before = process.listeners("SIGHUP");
  undo = routeFile.watch(log, take, (result) => void counted.push(result));
  const [onSignal] = process.listeners("SIGHUP").filter((listener) => !before.includes(listener));
  return { events, taken, counted, signal: () => onSignal?.("SIGHUP") };
}

describe("a table that changes", () => {
  test("between its reading and the watcher's first look is taken over", async () => {
    const { taken } = watched(() => writeFileSync(file, table("second")));
    await expect.poll(() => taken, wait).toEqual(["second"]);
  });

  test("later is taken over, and so is the next", async () => {
    const { taken, counted } = watched();
    // Longer than the one look at the start.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    for (const [i, name] of ["second", "third"].entries()) {
      writeFileSync(file, table(name));
      await expect.poll(() => taken[i], wait).toBe(name);
    }
    await expect.poll(() => counted, wait).toEqual(["reloaded", "reloaded"]);
  });

  test("piece by piece is read when it rests", async () => {
    const whole = table("second");
    let looks = 0;
    onLook = () => {
      looks++;
      // At each look it has grown; the fifth finds it whole.
      if (looks <= 5) writeFileSync(file, whole.slice(0, looks < 5 ? looks * 5 : whole.length));
    };
    const { events, taken } = watched(() => writeFileSync(file, whole.slice(0, 3)));
    await expect.poll(() => taken, wait).toEqual(["second"]);
    expect(events).toEqual(["routes-reloaded"]);
    expect(looks).toBeGreaterThan(5);
  });
});

describe("SIGHUP", () => {
  test("takes a changed table over and counts it; a bad one is told, counted, and keeps the old one", async () => {
    const { events, taken, counted, signal } = watched();
    writeFileSync(file, table("second"));
    signal();
    await expect.poll(() => counted, wait).toEqual(["reloaded"]);
    writeFileSync(file, "{");
    signal();
    await expect.poll(() => counted, wait).toEqual(["reloaded", "kept"]);
    expect(taken).toEqual(["second"]);
    expect(events).toEqual(["routes-reloaded", "routes-kept"]);
  });

  test.each(["at the start", "by a reload"])("says that a table taken over %s is no other", async (when) => {
    const { events, taken, counted, signal } = watched();
    const before = when === "at the start" ? [] : ["routes-reloaded"];
    if (when !== "at the start") {
      writeFileSync(file, table("second"));
      signal();
      await expect.poll(() => events, wait).toEqual(before);
    }
    utimesSync(file, new Date(), new Date(Date.now() + 5_000));
    signal();
    await expect.poll(() => events, wait).toEqual([...before, "routes-unchanged"]);
    expect(taken).toHaveLength(before.length);
    expect(counted).toHaveLength(before.length);
  });
});
