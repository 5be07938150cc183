import type { V1Job, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { defined, plain } from "../../../config/define/test-definition.ts";
import { backupsOf } from "../../../config/settings/backups.ts";
import { parseSettings } from "../../../config/settings/parse.ts";
import { backupSources } from "../../workloads/backup-sources.ts";
import { componentLabel, restoresAnnotation, stepsAnnotation } from "../labels.ts";
import { backupReports, withoutEnded } from "./backup-reports.ts";
import type { Cluster } from "./client.ts";

const platform = defined({
  core: {
    ...plain,
    needs: {
      volumes: [{ name: "files", path: "/data" }],
      postgres: { database: "core" },
      mongo: { database: "core" },
    },
  },
});
const settings = parseSettings({ "platform:target": "kubernetes" });
const saved = backupSources(platform, settings, (workload) => workload);

/** A job of a CronJob, and what its containers said. */
interface Ran {
  readonly name: string;
  readonly of?: string;
  readonly end?: "Failed" | "Complete";
  readonly at?: string;
  readonly said?: Readonly<Record<string, string>>;
  readonly steps?: string;
  readonly restores?: string;
}

/** An API server that knows jobs, with the logs of their pods; one without words has no pod any more. */
function clusterOf(ran: readonly Ran[], cronSince?: string, crons = ["backup", "backup-core"]): Cluster {
  const job = ({ name, of = "backup", end, at = "2026-11-28T02:17:00Z", steps, restores }: Ran): V1Job => ({
    metadata: {
      name,
      creationTimestamp: new Date(at),
      ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: of, uid: "1" }],
      annotations: {
        ...(steps !== undefined && { [stepsAnnotation]: steps }),
        ...(restores !== undefined && { [restoresAnnotation]: restores }),
      },
    },
    status: end === undefined ? {} : { conditions: [{ type: end, status: "True" }] },
  });
  const pod = ({ name, said = {} }: Ran): V1Pod => ({
    metadata: { name: `${name}-pod`, labels: { "batch.kubernetes.io/job-name": name } },
    spec: { containers: Object.keys(said).map((container) => ({ name: container })) } as V1PodSpec,
  });
  const cluster = {
    batch: {
      listNamespacedJob: async () => ({ items: ran.map(job) }),
      listNamespacedCronJob: async () => ({
        items: crons.map((name) => ({
          metadata: { name, creationTimestamp: new Date(cronSince ?? 0) },
        })),
      }),
    },
    core: {
      listNamespacedPod: async () => ({ items: ran.filter(({ said }) => said !== undefined).map(pod) }),
      readNamespacedPodLog: async ({ name, container }: { name: string; container: string }) =>
        ran.find((each) => `${each.name}-pod` === name)?.said?.[container] ?? "",
    },
  };
  return cluster as unknown as Cluster;
}
const reports = async (ran: readonly Ran[]): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await backupReports(clusterOf(ran), "beat", saved)).map(({ name, ok, status }) => [
      name.replace("backup of ", ""),
      `${ok ? "well" : "bad"}: ${status.replaceAll(/, \d+ (min|h|days) ago/g, "")}`,
    ]),
  );

const night: Ran = {
  name: "backup-29400000",
  end: "Failed",
  said: {
    "backup-postgres": "backup 20261128T021700Z begun postgres\nbackup 20261128T021700Z ok postgres",
    "backup-mongo":
      "before: backup 20261127T021700Z ok mongo\ncore could not be saved\nbackup 20261128T021700Z failed mongo",
  },
};
const oneByHand: Ran = {
  name: "backup-now-tp7igj",
  end: "Complete",
  at: "2026-11-28T09:00:00Z",
  steps: "backup-postgres",
  said: { "step-1": "backup 20261128T090000Z ok postgres" },
};
const mongoFailed = "bad: saved 2026-11-28 02:17Z FAILED, the last good one 2026-11-27 02:17Z, no drill yet";
const none = "well: no backup yet, no drill yet";

test("each source has its own end, though they share a job; one by hand hides no other", async () => {
  expect(await reports([night])).toEqual({
    postgres: "well: saved 2026-11-28 02:17Z ok, no drill yet",
    mongo: mongoFailed,
    "uploads-core": none,
  });
  expect(await reports([night, oneByHand])).toEqual({
    postgres: "well: saved 2026-11-28 09:00Z ok, no drill yet",
    mongo: mongoFailed,
    "uploads-core": none,
  });
  expect(
    await reports([oneByHand, { ...night, said: { ...night.said, "backup-postgres": "" } }]),
  ).toMatchObject({
    postgres: "well: saved 2026-11-28 09:00Z ok, no drill yet",
  });
});

test("a job that failed without a word is told of those that it was to save", async () => {
  const told =
    "bad: saved 2026-11-28 02:17Z FAILED (job backup-29400000), none before is known to be good, no drill yet";
  expect(await reports([{ name: "backup-29400000", end: "Failed" }])).toEqual({
    postgres: told,
    mongo: told,
    "uploads-core": none,
  });
  const { said: _, ...silent } = oneByHand;
  expect(await reports([night, { ...silent, end: "Failed" }])).toMatchObject({
    postgres: expect.stringContaining("bad: saved 2026-11-28 09:00Z FAILED (job backup-now-tp7igj)"),
    mongo: mongoFailed,
  });
  // The pod of the next try knows what was before it; of this one it is the first.
  const killed = "before: backup 20261127T021700Z ok mongo\nbackup 20261128T021705Z begun mongo";
  expect(await reports([{ ...night, said: { "backup-mongo": killed } }])).toMatchObject({
    mongo:
      "bad: saved 2026-11-28 02:17Z FAILED (job backup-29400000), the last good one 2026-11-27 02:17Z, no drill yet",
  });
});

test("a dump that never reached the bucket is none", async () => {
  const dumped = "backup 20261128T021700Z begun mongo\nbackup 20261128T021700Z dumped mongo";
  expect(await reports([{ ...night, said: { "backup-mongo": dumped } }])).toMatchObject({
    mongo: expect.stringContaining("bad: saved 2026-11-28 02:17Z FAILED (job backup-29400000)"),
  });
});

test("a drill is told of its own source, also one by hand and one of another night", async () => {
  const drill = {
    name: "backup-verify-1",
    end: "Failed",
    at: "2026-11-28T10:00:00Z",
    steps: "backup-mongo",
  } as const;
  const said = { "step-1": "drill 20261128T100000Z failed mongo/core some.archive.gz" };
  const earlier =
    "before: drill 20261125T021800Z failed uploads/files some.tar.gz\nbackup 20261128T021700Z ok uploads-core";
  expect(
    await reports([
      night,
      { ...drill, said },
      { name: "backup-core-29400000", of: "backup-core", end: "Complete", said: { "backup-core": earlier } },
    ]),
  ).toEqual({
    postgres: "well: saved 2026-11-28 02:17Z ok, no drill yet",
    mongo: mongoFailed.replace("no drill yet", "drill 2026-11-28 10:00Z FAILED: mongo/core"),
    "uploads-core": "bad: saved 2026-11-28 02:17Z ok, drill 2026-11-25 02:18Z FAILED: uploads/files",
  });
});

test("a CronJob that has long been there and never ran is told", async () => {
  const plan = backupsOf(settings);
  const ofAge = async (since: Date) => {
    const parts = await backupReports(clusterOf([], since.toISOString()), "beat", saved, plan);
    return new Set(parts.map(({ ok }) => ok));
  };
  expect(await ofAge(new Date(Date.now() - 3 * 86_400_000))).toEqual(new Set([false]));
  expect(await ofAge(new Date())).toEqual(new Set([true]));
});

test("pods of backups that have ended are left to the reports; those that run, or wait, are not", () => {
  const pod = (component: string, phase: string): V1Pod => ({
    metadata: { name: `${component} ${phase}`, labels: { [componentLabel]: component } },
    status: { phase },
  });
  const phases = ["Pending", "Running", "Succeeded", "Failed"];
  const left = withoutEnded(
    ["backup", "core"].flatMap((component) => phases.map((phase) => pod(component, phase))),
    saved,
  );
  expect(left.map(({ metadata }) => metadata?.name)).toEqual([
    "backup Pending",
    "backup Running",
    ...phases.map((phase) => `core ${phase}`),
  ]);
});

test("a CronJob that was taken away is told; of a stack that is down nothing is", async () => {
  const told = async (ran: readonly Ran[], crons: readonly string[]) =>
    (
      await backupReports(
        clusterOf(ran, "2099-01-01T00:00:00Z", [...crons]),
        "beat",
        saved,
        backupsOf(settings),
      )
    ).map(({ ok, status }) => `${ok ? "well" : "bad"}: ${status}`);
  expect((await told([night], ["backup"])).at(-1)).toBe(
    "bad: its CronJob backup-core is not there; fix: ./beat up",
  );
  expect(await told([], ["backup"])).toHaveLength(3);
  expect(await told([], [])).toEqual([]);
});

test("a restore is told of its own source alone: under way from its beginning on, also before it has said a word", async () => {
  const time = new Date(Date.now() - 3_600_000);
  const stamp = time.toISOString().replace(/[-:]|\.\d+/g, "");
  const job: Ran = {
    name: "backup-restore-1",
    at: time.toISOString(),
    steps: "backup-mongo",
    restores: "mongo/core",
  };
  const told = async (more: Partial<Ran>) => {
    const { mongo, ...others } = await reports([night, { ...job, ...more }]);
    expect(Object.values(others).join()).not.toContain("restore");
    return mongo?.replace(/.*no drill yet(, )?/, "");
  };
  const replacing = `restore ${stamp} replacing mongo/core`;
  for (const said of [undefined, { "step-1": replacing }])
    expect(await told({ ...(said && { said }) })).toMatch(/^a restore of core begun \S+ \S+ is running$/);
  expect(
    await told({ end: "Complete", said: { "step-1": `${replacing}\nrestore ${stamp} ok mongo/core` } }),
  ).toMatch(/^the restore of core begun \S+ \S+ ended well$/);
  // Of a bucket that did not answer, or a node that was lost.
  expect(await told({ end: "Failed" })).toMatch(/failed \(job backup-restore-1\), and changed nothing$/);
  expect(await told({ end: "Failed", said: { "step-1": replacing } })).toMatch(
    /NEVER ENDED: it was killed; restore again$/,
  );
});
