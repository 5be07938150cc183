import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import type { Workload } from "../../core/workload.ts";
import { facts as schema } from "./facts.ts";
import { postgres } from "./store.ts";
import { onCluster, onEngine } from "./workload.ts";

const facts = (given: object = {}) => schema.parse(given);
const cluster = (given?: object): Workload =>
  onCluster({
    facts: facts(given),
    settings: postgres.cluster.parse({}),
    id: "beat",
    memberHost: (workload, member) => `${workload}-${member}`,
  });
const engine = (given?: object): Workload =>
  onEngine({ facts: facts(given), id: "beat", devTools: false, hostPort: () => false })[0];

/** Runs a line where `pg_isready` ends with these codes, one after the other and the last for ever. */
const withAnswers = (script: string, codes: readonly number[]) =>
  spawnSync(
    "sh",
    [
      "-c",
      `n=0
       pg_isready() { n=$((n+1)); eval "next=\\\${codes_$n:-$last}"; return "$next"; }
       ${codes.map((code, index) => `codes_${index + 1}=${code}`).join("; ")}; last=${codes.at(-1)}
       sleep() { :; }; cat() { printf secret; }; psql() { echo "psql $(command cat)"; }
       ${script}`,
    ],
    { encoding: "utf8" },
  );

test("one that recovers is alive and not ready; one that says nothing is neither", () => {
  const { ready, alive } = cluster().health ?? {};
  const line = (probe: typeof ready): string =>
    probe !== undefined && "shell" in probe ? probe.shell : "false";
  const asked = [0, 1, 2, 3].map((code) => ({
    ready: withAnswers(line(ready), [code]).status === 0,
    alive: withAnswers(line(alive), [code]).status === 0,
  }));
  expect(asked).toEqual([
    { ready: true, alive: true },
    { ready: false, alive: true },
    { ready: false, alive: false },
    { ready: false, alive: false },
  ]);
  expect(cluster().health?.recoverySeconds).toBeGreaterThanOrEqual(3600);
});

test("a rotated password is taken over after a long recovery, too, and not waited for where nobody answers", () => {
  const hook = cluster().afterStart?.at(-1) ?? "";
  const answers = (codes: readonly number[]) => withAnswers(hook, codes).stdout;
  expect(answers([2, 2, ...Array<number>(300).fill(1), 0])).toContain(
    "psql ALTER ROLE postgres PASSWORD 'secret';",
  );
  expect(withAnswers(hook, [2])).toMatchObject({ status: 0, stdout: "" });
});

test("/dev/shm has 256 MiB, less where there is little memory, or what the definition says", () => {
  for (const of of [cluster, engine]) {
    expect(of().sharedMemoryMiB).toBe(256);
    expect(of({ memoryMiB: 256 }).sharedMemoryMiB).toBe(128);
    expect(of({ sharedMemoryMiB: 400 }).sharedMemoryMiB).toBe(400);
  }
  const check = (given: object) => postgres.check?.({ facts: facts(given), needs: [], topics: {} });
  expect(check({ sharedMemoryMiB: 511 })).toEqual([]);
  expect(check({ sharedMemoryMiB: 512 })).toEqual([
    expect.objectContaining({ path: "stores.postgres.sharedMemoryMiB" }),
  ]);
});
