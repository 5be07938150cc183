import { expect, test } from "vitest";
import type { Workload } from "../core/workload.ts";
import { type StoreKind, storeKinds, storeOf } from "./index.ts";

/** A port that no store has by itself. */
const port = 23456;

/** Everything that a workload is told, as one text. */
const told = ({ args, entrypoint, env, health, afterStart }: Workload): string =>
  JSON.stringify([
    args,
    entrypoint,
    Object.entries(env).map(([name, value]) => `${name}=${value.render(() => "?")}`),
    health?.ready,
    afterStart,
  ]);

const workloads = (kind: StoreKind, devTools: boolean): [string, Workload][] => {
  const { facts, cluster, onEngine, onCluster } = storeOf(kind);
  const tuned = facts.parse({ port });
  return [
    ["engine", onEngine({ facts: tuned, id: "x", devTools, hostPort: () => false })[0]],
    [
      "cluster",
      onCluster({
        facts: tuned,
        settings: cluster.parse({}),
        id: "x",
        memberHost: (name, member) => `${name}-${member}`,
      }),
    ],
  ];
};
const cases = storeKinds.flatMap((kind) =>
  [true, false].flatMap((devTools) =>
    workloads(kind, devTools).map(
      ([ground, workload]) => [kind, ground, devTools ? "with" : "without", workload] as const,
    ),
  ),
);

test.each(cases)(
  "%s listens at the port of the definition, on an %s %s tools, and is asked there",
  (_kind, _ground, _tools, workload) => {
    const { args, entrypoint, env, health } = workload;
    const server = told({ ...workload, health: undefined, afterStart: undefined } as never);
    expect(server).toContain(String(port));
    expect(JSON.stringify(health?.ready)).toContain(String(port));
    expect(workload.endpoints.map((endpoint) => endpoint.port)).toContain(port);
    // Another port of the same store's usual ones would be one that was forgotten.
    expect(JSON.stringify([args, entrypoint, Object.keys(env)])).not.toMatch(/\b(5432|27017|6379|9092)\b/);
  },
);

test.each(storeKinds)("%s refuses a port that is none", (kind) => {
  for (const wrong of [0, 65_536, 1.5])
    expect(storeOf(kind).facts.safeParse({ port: wrong }).success).toBe(false);
});
