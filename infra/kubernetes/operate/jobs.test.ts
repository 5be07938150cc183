import type { V1Job, V1PodSpec } from "@kubernetes/client-node";
import { ApiException } from "@kubernetes/client-node";
import { afterEach, expect, test, vi } from "vitest";
import { stepsAnnotation } from "../labels.ts";
import type { Cluster } from "./client.ts";
import { runJob, withSteps } from "./jobs.ts";

afterEach(() => vi.useRealTimers());

const template: V1PodSpec = {
  restartPolicy: "Never",
  initContainers: [
    {
      name: "dump",
      image: "mongo:8.0",
      command: ["bash", "/run/backup/backup.sh"],
      env: [{ name: "A", value: "1" }],
    },
  ],
  containers: [{ name: "upload", image: "rclone/rclone:1", command: ["sh", "/run/backup/upload.sh"] }],
};

test("steps run one after the other in copies of the template's containers, each in its own shell", () => {
  const pod = withSteps(
    template,
    [
      { container: "dump", script: "first" },
      { container: "upload", script: "second" },
      { container: "dump", script: "third" },
    ],
    "backup-mongo",
  );
  const dump = { image: "mongo:8.0", env: [{ name: "A", value: "1" }] };
  expect(pod).toEqual({
    restartPolicy: "Never",
    initContainers: [
      { name: "step-1", ...dump, command: ["bash", "-c", "first"] },
      { name: "step-2", image: "rclone/rclone:1", command: ["sh", "-c", "second"] },
    ],
    containers: [{ name: "step-3", ...dump, command: ["bash", "-c", "third"] }],
  });
});

test("a single step leaves no container before it", () => {
  const pod = withSteps(template, [{ container: "upload", script: "list" }], "backup-mongo");
  expect(pod.initContainers).toBeUndefined();
  expect(pod.containers.map(({ name }) => name)).toEqual(["step-1"]);
});

test("a stack that was brought up with other settings is told so", () => {
  expect(() => withSteps(template, [{ container: "backup", script: "" }], "backup-mongo")).toThrow(
    /CronJob backup-mongo: has no container "backup"[\s\S]*bring the stack up first: \.\/beat up/,
  );
});

/** An API server that knows one CronJob, and the reason for which the pod of its job waits, by the time. */
function clusterWith(reasonAt: (milliseconds: number) => string | undefined) {
  const started = Date.now();
  const deleteNamespacedJob = vi.fn(async () => ({}));
  const createNamespacedJob = vi.fn(async ({ body }: { body: V1Job }) => {
    job = body.metadata?.name ?? "";
  });
  let job = "";
  const waiting = () => {
    const reason = reasonAt(Date.now() - started);
    return reason === undefined ? undefined : { reason, message: "no such image" };
  };
  const cluster = {
    batch: {
      readNamespacedCronJob: async () => ({
        metadata: { name: "backup-mongo", uid: "1" },
        spec: { jobTemplate: { spec: { template: { spec: template } } } },
      }),
      createNamespacedJob,
      readNamespacedJob: async () =>
        waiting() === undefined
          ? { status: { succeeded: 1, conditions: [{ type: "Complete", status: "True" }] } }
          : {},
      deleteNamespacedJob,
    },
    core: {
      listNamespacedPod: async () => ({
        items: [
          {
            metadata: { name: `${job}-abcde`, labels: { "batch.kubernetes.io/job-name": job } },
            spec: template,
            status: {
              phase: "Pending",
              initContainerStatuses: [{ name: "dump", state: { waiting: waiting() } }],
            },
          },
        ],
      }),
      listNamespacedEvent: async () => ({ items: [] }),
      listNamespacedPersistentVolumeClaim: async () => ({ items: [] }),
      readNamespacedPodLog: async () => "",
    },
  };
  return { cluster: cluster as unknown as Cluster, createNamespacedJob, deleteNamespacedJob };
}

const args = { namespace: "beat", from: "backup-mongo", purpose: "now", timeoutSeconds: 6 * 3600 };

test("a job whose image cannot be pulled is given up, named and deleted, long before its time is over", async () => {
  vi.useFakeTimers();
  const { cluster, deleteNamespacedJob } = clusterWith(() => "ImagePullBackOff");
  const failed = expect(runJob(cluster, args)).rejects.toThrow(
    /cannot start[\s\S]*ImagePullBackOff\n {2}no such image/,
  );
  await vi.advanceTimersByTimeAsync(90_000);
  await failed;
  expect(deleteNamespacedJob).toHaveBeenCalledOnce();
});

test("a registry that comes back within the grace is waited for", async () => {
  vi.useFakeTimers();
  const { cluster, deleteNamespacedJob } = clusterWith((passed) =>
    passed < 40_000 ? "ErrImagePull" : undefined,
  );
  const done = expect(runJob(cluster, args)).resolves.toBe("");
  await vi.advanceTimersByTimeAsync(60_000);
  await done;
  expect(deleteNamespacedJob).not.toHaveBeenCalled();
});

test("a job that does less than its CronJob says which containers it is made of, and stays as long as it is told", async () => {
  const { cluster, createNamespacedJob } = clusterWith(() => undefined);
  const created = () => createNamespacedJob.mock.lastCall?.[0].body;
  await runJob(cluster, args);
  expect(created()?.metadata?.annotations?.[stepsAnnotation]).toBeUndefined();
  expect(created()?.spec?.ttlSecondsAfterFinished).toBe(3600);
  const steps = ["dump", "upload"].map((container) => ({ container, script: "true" }));
  await runJob(cluster, { ...args, steps, keptSeconds: 7200 });
  expect(created()?.metadata?.annotations?.[stepsAnnotation]).toBe("dump upload");
  expect(created()?.spec?.ttlSecondsAfterFinished).toBe(7200);
});

/** A job is asked for, and the API server answers so, one after the other. */
async function asked(...answers: readonly (Error | "Complete")[]): Promise<string> {
  vi.useFakeTimers();
  const { cluster } = clusterWith(() => undefined);
  const left = [...answers];
  vi.spyOn(cluster.batch, "readNamespacedJob").mockImplementation(async () => {
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer instanceof Error) throw answer;
    return { status: { conditions: [{ type: "Complete", status: "True", lastTransitionTime: new Date() }] } };
  });
  const said = runJob(cluster, args).then(
    () => "succeeded",
    (error: Error) => error.message,
  );
  await vi.advanceTimersByTimeAsync(600_000);
  return said;
}

test("an API server that is away for a while is no reason to leave a job; one that stays away is told, and what goes on", async () => {
  const away = new Error("connect ECONNREFUSED");
  const busy = new ApiException(503, "", "{}", {});
  expect(await asked(away, busy, away, "Complete")).toBe("succeeded");
  expect(await asked(away)).toMatch(
    /^job backup-mongo-now-\w{6} cannot be asked for any more .*it goes on: kubectl get job/,
  );
  expect(await asked(new ApiException(404, "", "{}", {}))).toMatch(
    /^job \S+ was deleted before it had ended$/,
  );
});

test("the name of a job has room beside the longest that a CronJob may have", async () => {
  const { cluster, createNamespacedJob } = clusterWith(() => undefined);
  const from = `backup-${"x".repeat(45)}`;
  await runJob(cluster, { ...args, from });
  expect(createNamespacedJob.mock.lastCall?.[0].body.metadata?.name).toMatch(
    new RegExp(`^${from}-now-\\w{6}$`),
  );
});
