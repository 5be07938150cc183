import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { healthCheckOf } from "./health-check.ts";

const endsOn = { host: "consumer-watch-auth", port: 9465, path: "/dead" };
const lineOf = (tool: "wget" | "bash") => {
  const ready = { http: "/it's/health", port: 2000, tool };
  const check = healthCheckOf({ ready, startupSeconds: 10, endsOn });
  expect(check?.test).toHaveLength(2);
  return check?.test[1] as string;
};
/** Runs a line with commands that say what they were asked for instead of doing it; the watch orders an end. */
const run = (line: string, ready: boolean): string => {
  const said = "$(mktemp)";
  const stand = (name: string) =>
    `${name}() { case "$*" in *9465*) echo "ordered by $*" >>"$f" ;; *) ${ready} ;; esac; }`;
  const script = `f=${said}; ${stand("wget")}; ${stand("bash")}; kill() { echo "kill $*" >>"$f"; }; (${line}); echo "exit $?"; sleep 0.3; cat "$f"; rm "$f"`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" });
};

test.each(["wget", "bash"] as const)(
  "what is well and ordered to end tells its init process, by %s; the order never makes it unhealthy",
  (tool) => {
    const line = lineOf(tool);
    expect(run(line, true)).toMatch(/^exit 0\nordered by .*9465(.|\s)*kill -TERM 1\n$/);
    // What is not ready is left to its restart policy and its start-up.
    expect(run(line, false)).toBe("exit 1\n");
  },
);

test("a health check says no field with nought: an engine would take the image's own", () => {
  const check = healthCheckOf({ ready: { tcp: 1, tool: "wget" }, startupSeconds: 3 });
  expect(check).toEqual({ test: expect.any(Array), interval: "2s", timeout: "5s", retries: 2 });
});
