import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Probe } from "../../core/workload.ts";
import { healthCheckOf } from "./health-check.ts";

const endsOn = { host: "consumer-watch-auth", port: 9465, path: "/dead" };
const lineOf = (tool: "wget" | "bash") => {
  const ready = { http: "/it's/health", port: 2000, tool };
  const check = healthCheckOf(
    { ready, startupSeconds: 10, endsOn },
    { startInterval: true, stopGraceSeconds: 35 },
  );
  expect(check?.test).toHaveLength(2);
  return check?.test[1] as string;
};
/** Runs a line with commands that say what they were asked for instead of doing it; the watch orders an end. */
const run = (line: string, ready: boolean): string => {
  const said = "$(mktemp)";
  const stand = (name: string) =>
    `${name}() { case "$*" in *9465*) echo "ordered by $*" >>"$f" ;; *) ${ready} ;; esac; }`;
  const script = `f=${said}; ${stand("wget")}; ${stand("bash")}; kill() { echo "kill $*" >>"$f"; }; sleep() { echo "sleep $*" >>"$f"; }; (${line}); echo "exit $?"; command sleep 0.3; cat "$f"; rm "$f"`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" });
};

test.each(["wget", "bash"] as const)(
  "what is well and ordered to end tells its init process, and later kills what is left, by %s; the order never makes it unhealthy",
  (tool) => {
    const line = lineOf(tool);
    expect(run(line, true)).toMatch(
      /^exit 0\nordered by .*9465(.|\s)*kill -TERM 1\nsleep 35\nkill -KILL -1\n$/,
    );
    // What is not ready is left to its restart policy and its start-up.
    expect(run(line, false)).toBe("exit 1\n");
  },
);

test("an engine with a start interval asks often during a start and seldom afterwards", () => {
  const check = healthCheckOf(
    { ready: { tcp: 1, tool: "wget" }, startupSeconds: 90, everySeconds: 0.5 },
    { startInterval: true },
  );
  expect(check).toEqual({
    test: ["CMD", "nc", "-z", "127.0.0.1", "1"],
    interval: "30s",
    timeout: "5s",
    retries: 3,
    startPeriod: "2m0s",
    startInterval: "500ms",
  });
});

test("for an engine that parts the words of a probe they are one line of a shell, which says the same", () => {
  const asked = (ready: Probe) =>
    healthCheckOf({ ready, startupSeconds: 9 }, { startInterval: true, podman: true })?.test;
  expect(asked({ tcp: 1, tool: "wget" })).toEqual(["CMD", "nc", "-z", "127.0.0.1", "1"]);
  expect(asked({ shell: "a b" })).toEqual(["CMD-SHELL", "a b"]);
  for (const words of [["printf", "%s|", "it's  one", "", "two\nlines"]]) {
    const [kind, line = ""] = asked({ exec: words }) ?? [];
    expect(kind).toBe("CMD-SHELL");
    expect(execFileSync("sh", ["-c", line], { encoding: "utf8" })).toBe("it's  one||two\nlines|");
  }
  // As Podman reads what it is told (makeHealthCheckFromCli): the first word, and the rest as it is.
  for (const ready of [{ exec: ["bash", "-c", "exit 3"] }, { http: "/", port: 1, tool: "bash" }] as const) {
    const test = healthCheckOf({ ready, startupSeconds: 9 }, { startInterval: false, podman: true })?.test;
    expect(test).toHaveLength(2);
    expect(test?.[0]).toBe("CMD-SHELL");
  }
});

describe("for an engine without a start interval", () => {
  const old = { startInterval: false };
  const folder = mkdtempSync(join(tmpdir(), "beat-probe-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("a health check says no field with nought: an engine would take the image's own", () => {
    const check = healthCheckOf({ ready: { tcp: 1, tool: "wget" }, startupSeconds: 3 }, old);
    expect(check).toEqual({
      test: expect.arrayContaining(["nc", "-z"]),
      interval: "2s",
      timeout: "55s",
      retries: 3,
      startPeriod: "3s",
    });
    const atOnce = healthCheckOf({ ready: { tcp: 1, tool: "wget" }, startupSeconds: 0 }, old);
    expect(atOnce?.startPeriod).toBe("1s");
  });

  test.each([60, 270])(
    "what may take %i s to start has that time, and is found no later when it hangs",
    (longest) => {
      const health = {
        ready: { shell: "ask" },
        startupSeconds: longest,
        everySeconds: 1,
        timeoutSeconds: 25,
      };
      const check = healthCheckOf(health, old);
      const seconds = (text = "") => {
        const [, minutes = 0, rest = 0] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
        return Number(minutes) * 60 + Number(rest);
      };
      expect(seconds(check?.startPeriod)).toBeGreaterThanOrEqual(longest);
      expect((check?.retries ?? Number.NaN) * (seconds(check?.interval) + 25)).toBeLessThanOrEqual(100);
    },
  );

  test.each([
    ["a line for a shell", { shell: "test -e ready" }],
    ["a shell's command", { exec: ["bash", "-c", '[[ -e "$1" ]]', "bash", "ready"] }],
  ])("%s is asked at once until it passes, rests then, and fails at once", (_what, ready: Probe) => {
    const check = healthCheckOf({ ready, startupSeconds: 60, everySeconds: 1, restSeconds: 3 }, old);
    const [, command = "", ...args] = (check?.test ?? []).map((word) =>
      word.replaceAll("/dev/shm/beat-ready", join(folder, "marker")),
    );
    const probe = () => {
      const begun = performance.now();
      const { status } = spawnSync(command, args, { cwd: folder });
      return { status, rested: performance.now() - begun > 1_500 };
    };
    const file = join(folder, "ready");
    expect(probe()).toEqual({ status: 1, rested: false });
    writeFileSync(file, "");
    expect(probe()).toEqual({ status: 0, rested: false });
    expect(probe()).toEqual({ status: 0, rested: true });
    rmSync(file);
    expect(probe()).toEqual({ status: 1, rested: true });
    expect(probe()).toEqual({ status: 1, rested: false });
  });

  test("a probe that hangs is given no longer than an answer may take", () => {
    const check = healthCheckOf({ ready: { shell: "sleep 60" }, startupSeconds: 60, timeoutSeconds: 1 }, old);
    const [, command = "", ...args] = check?.test ?? [];
    const begun = performance.now();
    expect(spawnSync(command, args).status).toBe(1);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  test("what rests by itself is told for how long, and nobody guesses that an image has a shell", () => {
    const health = { startupSeconds: 60 };
    expect(healthCheckOf({ ...health, ready: { exec: ["ask"], rests: true } }, old)?.test).toEqual([
      "CMD",
      "ask",
      "28",
    ]);
    expect(healthCheckOf({ ...health, ready: { exec: ["ask"] } }, old)).toMatchObject({
      test: ["CMD", "ask"],
      timeout: "5s",
    });
  });
});
