import { mkdirSync, mkdtempSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { ask, client } from "./gateway-process.ts";
import { ProcessSuite } from "./suite.ts";

const suite = new ProcessSuite(["first", "second"]);
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(suite.directory, "case-"));
});

const start = (routes: string, workers = "1") =>
  suite.start({ GATEWAY_ROUTES: routes, GATEWAY_WORKERS: workers });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("a changed file is taken over", () => {
  const replaceByRename = (file: string, text: string) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  test.each([
    ["written in place", writeFileSync as (file: string, text: string) => void],
    ["renamed over", replaceByRename],
  ])("%s", async (_name, replace) => {
    const routes = join(directory, "routes.json");
    writeFileSync(routes, suite.table("first"));
    const { gateway, port } = await start(routes);
    const agent = client();
    try {
      // Twice: a watch on the inode would lose the second rename.
      for (const [count, next] of ["second", "first"].entries()) {
        replace(routes, suite.table(next));
        expect(await gateway.event("routes-reloaded", count + 1)).toMatchObject({ cause: "file", routes: 1 });
        expect((await ask(port, "/a/x", agent)).body).toBe(next);
      }
    } finally {
      await gateway.stop();
    }
  });

  test("swapped as a ConfigMap is: ..data is another link, the path stays", async () => {
    const version = (name: string, upstream: string) => {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, "routes.json"), suite.table(upstream));
    };
    version("..1", "first");
    symlinkSync("..1", join(directory, "..data"));
    symlinkSync("..data/routes.json", join(directory, "routes.json"));
    const { gateway, port } = await start(join(directory, "routes.json"), "2");
    try {
      version("..2", "second");
      symlinkSync("..2", join(directory, "..data_tmp"));
      renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
      expect(await gateway.event("routes-reloaded")).toMatchObject({ cause: "file", workers: 2 });
      expect((await ask(port, "/a/x", client())).body).toBe("second");
      expect((await ask(port, "/a/x", client())).body).toBe("second");
    } finally {
      await gateway.stop();
    }
  });

  test("written in pieces: read when whole", async () => {
    const routes = join(directory, "routes.json");
    writeFileSync(routes, suite.table("first"));
    const { gateway } = await start(routes);
    try {
      const text = suite.table("second");
      for (let end = 10; end < text.length + 10; end += 10) {
        writeFileSync(routes, text.slice(0, end));
        await pause(100);
      }
      await gateway.event("routes-reloaded");
      expect(gateway.events.filter(({ event }) => event === "routes-kept")).toEqual([]);
    } finally {
      await gateway.stop();
    }
  });
});

test("a file that was only touched or formatted is no reload; SIGHUP says so", async () => {
  const routes = join(directory, "routes.json");
  writeFileSync(routes, suite.table("first"));
  const { gateway } = await start(routes);
  try {
    utimesSync(routes, new Date(), new Date(Date.now() + 5_000));
    await pause(1_600);
    writeFileSync(routes, JSON.stringify(JSON.parse(suite.table("first")), undefined, 2));
    await pause(1_600);
    gateway.child.kill("SIGHUP");
    await gateway.event("routes-unchanged");
    expect(gateway.events.filter(({ event }) => String(event).startsWith("routes-"))).toHaveLength(1);
  } finally {
    await gateway.stop();
  }
});

test("a request under way keeps its route", async () => {
  const routes = join(directory, "routes.json");
  writeFileSync(routes, suite.table("first"));
  const { gateway, port } = await start(routes);
  try {
    const slow = ask(port, "/a/slow", client());
    await pause(200);
    writeFileSync(routes, suite.table("second"));
    gateway.child.kill("SIGHUP");
    await gateway.event("routes-reloaded");
    expect((await ask(port, "/a/x", client())).body).toBe("second");
    expect(await slow).toEqual({ status: 200, body: "first" });
  } finally {
    await gateway.stop();
  }
});

test.each(["1", "2"])(
  "under load, no request is lost while tables come and go; %s workers",
  async (workers) => {
    const routes = join(directory, "routes.json");
    writeFileSync(routes, suite.table("first"));
    const { gateway, port } = await start(routes, workers);
    const bodies = { first: 0, second: 0 };
    let left = 2_000;
    let running = true;
    const load = async () => {
      const agent = client();
      while (left-- > 0 || running) {
        const { status, body } = await ask(port, "/a/x", agent);
        expect(status).toBe(200);
        bodies[body as keyof typeof bodies]++;
      }
      agent.destroy();
    };
    const flip = async () => {
      for (let turn = 1; turn <= 6; turn++) {
        writeFileSync(routes, suite.table(turn % 2 ? "second" : "first"));
        gateway.child.kill("SIGHUP");
        await gateway.event("routes-reloaded", turn);
        writeFileSync(routes, '{"services": [');
        gateway.child.kill("SIGHUP");
        const kept = await gateway.event("routes-kept", turn);
        expect(kept.reason).toContain("is not JSON");
        await pause(50);
      }
      running = false;
    };
    try {
      await Promise.all([flip(), ...Array.from({ length: 8 }, load)]);
      expect(bodies.first + bodies.second).toBeGreaterThanOrEqual(2_000);
      expect(bodies.first).toBeGreaterThan(100);
      expect(bodies.second).toBeGreaterThan(100);
    } finally {
      await gateway.stop();
    }
  },
);
