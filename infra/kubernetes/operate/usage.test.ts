import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { openCluster } from "./client.ts";
import { ClusterUsage } from "./usage.ts";

const limited = (name: string, memory: string | undefined, more: object = {}) => ({
  name,
  ...(memory !== undefined && { resources: { limits: { memory } } }),
  ...more,
});
const pods = {
  kind: "PodList",
  apiVersion: "v1",
  metadata: {},
  items: [
    {
      metadata: { name: "auth-1" },
      spec: {
        containers: [limited("auth", "256Mi")],
        initContainers: [
          limited("consumer-watch", "64Mi", { restartPolicy: "Always" }),
          limited("seed", "512Mi"),
        ],
      },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [{ name: "auth", ready: true, restartCount: 3, image: "i", imageID: "i" }],
      },
    },
    {
      metadata: { name: "core-1" },
      spec: { containers: [limited("core", undefined)] },
      status: { phase: "Pending" },
    },
  ],
};
const use = (cpu: string, memory: string) => ({ usage: { cpu, memory } });
const used = {
  kind: "PodMetricsList",
  apiVersion: "metrics.k8s.io/v1beta1",
  metadata: {},
  items: [
    {
      metadata: { name: "auth-1", namespace: "beat" },
      containers: [
        { name: "auth", ...use("12345678n", "51200Ki") },
        { name: "consumer-watch", ...use("1m", "10Mi") },
      ],
    },
  ],
};

let metrics: object | number = used;
const server = createServer((request, response) => {
  const answer = request.url?.startsWith("/apis/metrics.k8s.io/v1beta1/namespaces/beat/pods")
    ? metrics
    : pods;
  response.writeHead(typeof answer === "number" ? answer : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(typeof answer === "number" ? { message: "no" } : answer));
}).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const folder = mkdtempSync(join(tmpdir(), "beat-kube-"));
const file = join(folder, "config");
writeFileSync(
  file,
  JSON.stringify({
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [
      { name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
    ],
    users: [{ name: "u", user: {} }],
  }),
);
vi.stubEnv("KUBECONFIG", file);
const meter = new ClusterUsage(openCluster({}), "beat");
afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

test("a pod uses what its containers use, and may take what those that stay may", async () => {
  const [auth, core] = await meter.measure();
  expect(auth).toMatchObject({ name: "auth-1", ok: true, restarts: 3, memoryLimitBytes: 320 << 20 });
  expect(auth?.cpu).toBeCloseTo(0.013345678);
  expect(auth?.memoryBytes).toBe(60 << 20);
  expect(core).toMatchObject({
    ok: false,
    cpu: undefined,
    memoryBytes: undefined,
    memoryLimitBytes: undefined,
  });
});

test.each([403, 404, 503])("without metrics.k8s.io (%i) all else is told", async (status) => {
  metrics = status;
  const [auth] = await meter.measure();
  expect(auth).toMatchObject({ restarts: 3, cpu: undefined, memoryBytes: undefined });
});
