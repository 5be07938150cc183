import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { kubernetesSettings } from "../../../test/settings.ts";
import {
  boundIdentity,
  checkBinding,
  checkCluster,
  checkExtensions,
  checkStorageClass,
  withIdentity,
} from "./checks.ts";
import { openCluster } from "./client.ts";

/** An API server that knows what a test puts into it: path to answer. */
const answers = new Map<string, unknown>();
const server = createServer((request, response) => {
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  const answer = answers.get(path);
  const status = typeof answer === "number" ? answer : answer === undefined ? 404 : 200;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(
    JSON.stringify(status === 200 ? answer : { kind: "Status", code: status, message: `said ${status}` }),
  );
}).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;

const folder = mkdtempSync(join(tmpdir(), "beat-kube-"));
const kubeconfig = (at: number): string => {
  const file = join(folder, `config-${at}`);
  writeFileSync(
    file,
    JSON.stringify({
      "current-context": "first",
      contexts: ["first", "second"].map((name) => ({ name, context: { cluster: "c", user: "u" } })),
      clusters: [
        { name: "c", cluster: { server: `http://127.0.0.1:${at}`, "insecure-skip-tls-verify": true } },
      ],
      users: [{ name: "u", user: {} }],
    }),
  );
  return file;
};
const version = { major: "1", minor: "34", gitVersion: "v1.34.4" };
const classes = (...items: { name: string; standard?: boolean }[]) => ({
  items: items.map(({ name, standard }) => ({
    metadata: {
      name,
      ...(standard && { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } }),
    },
    provisioner: "x",
  })),
});

beforeEach(() => {
  vi.stubEnv("KUBECONFIG", kubeconfig(port));
  vi.stubEnv("KUBERNETES_SERVICE_HOST", undefined);
  answers.clear();
  answers.set("/version/", version).set("/version", version);
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
  rmSync(folder, { recursive: true });
});

test("a kubeconfig that is missing, and a context that it lacks, are refused with what there is", () => {
  expect(() => openCluster({ context: "third" })).toThrow(
    /platform:kubernetes.context: the kubeconfig has no context "third"\n.*one of first, second/,
  );
  expect(openCluster({ context: "second" }).context).toBe("second");
  vi.stubEnv("KUBECONFIG", join(folder, "nowhere"));
  expect(() => openCluster({ context: undefined })).toThrow(
    /kubeconfig: there is none \(looked at .*nowhere\)/,
  );
});

test("a cluster that answers is named; one that is out of reach, old or closed is a problem", async () => {
  expect(await checkCluster(openCluster({ context: undefined }))).toMatchObject({
    ok: true,
    detail: expect.stringContaining("v1.34.4"),
  });
  answers
    .set("/version/", { ...version, minor: "24+", gitVersion: "v1.24.1" })
    .set("/version", answers.get("/version/"));
  expect((await checkCluster(openCluster({ context: undefined }))).problem?.message).toMatch(
    /is Kubernetes v1\.24\.1/,
  );
  answers.set("/version/", 401).set("/version", 401);
  expect((await checkCluster(openCluster({ context: undefined }))).problem?.message).toMatch(
    /refuses .* \(401\)/,
  );
  // A port that nothing listens on any more.
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const free = (gone.address() as AddressInfo).port;
  gone.close();
  await once(gone, "close");
  vi.stubEnv("KUBECONFIG", kubeconfig(free));
  expect((await checkCluster(openCluster({ context: undefined }))).problem?.message).toMatch(
    /does not answer \(ECONNREFUSED\)/,
  );
});

test("a server that accepts and says nothing is given up after its time", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  vi.stubEnv("KUBECONFIG", kubeconfig((silent.address() as AddressInfo).port));
  const started = Date.now();
  expect((await checkCluster(openCluster({ context: undefined }))).problem?.message).toMatch(
    /no answer within 5 s/,
  );
  expect(Date.now() - started).toBeLessThan(8000);
  silent.closeAllConnections();
  silent.close();
});

test("a stack goes on only in the cluster it was made on", async () => {
  const cluster = openCluster({ context: undefined });
  const state = (uid: string) => ({
    pending: [],
    resources: [
      {
        urn: "urn:pulumi:prod::beat::beat:kubernetes:Platform$pulumi:index:Stash::cluster-identity",
        type: "pulumi:index:Stash",
        outputs: { output: uid },
      },
    ],
  });
  answers.set("/api/v1/namespaces/kube-system", { metadata: { name: "kube-system", uid: "one" } });
  expect((await checkBinding(cluster, "prod", { resources: [], pending: [] })).ok).toBe(true);
  expect((await checkBinding(cluster, "prod", state("one"))).ok).toBe(true);
  const other = await checkBinding(cluster, "prod", state("two"));
  expect(other.problem?.message).toMatch(/is not the cluster that prod was made on/);
  expect(other.problem?.fix).toMatch(/--adopt-cluster/);
  answers.set("/api/v1/namespaces/kube-system", 403);
  expect((await checkBinding(cluster, "prod", state("one"))).problem?.message).toMatch(/403 said 403/);
});

test("a state is given another cluster, and nothing else in it changes", () => {
  const urn = "urn:pulumi:prod::beat::beat:kubernetes:Platform$pulumi:index:Stash::cluster-identity";
  const type = "pulumi:index:Stash";
  const other = { urn: "urn:pulumi:prod::beat::x::y", type: "x", outputs: { output: "one" } };
  const stash = { urn, type, inputs: { input: "one" }, outputs: { input: "one", output: "one" } };
  const text = JSON.stringify({ version: 3, deployment: { resources: [stash, other] } });
  const moved = JSON.parse(withIdentity(text, urn, "two"));
  expect(boundIdentity({ resources: moved.deployment.resources, pending: [] })).toEqual({ urn, uid: "two" });
  expect(moved).toMatchObject({
    version: 3,
    deployment: { resources: [{ inputs: { input: "two" } }, other] },
  });
});

test("volumes want the class that is named, or a default one", async () => {
  const cluster = openCluster({ context: undefined });
  const path = "/apis/storage.k8s.io/v1/storageclasses";
  answers.set(path, classes({ name: "slow" }, { name: "fast", standard: true }));
  expect((await checkStorageClass(cluster, undefined)).detail).toBe("fast (the default)");
  expect((await checkStorageClass(cluster, "slow")).ok).toBe(true);
  expect((await checkStorageClass(cluster, "quick")).problem).toMatchObject({
    message: 'the cluster has no StorageClass "quick"',
    fix: expect.stringContaining("fast, slow"),
  });
  answers.set(path, classes({ name: "slow" }));
  expect((await checkStorageClass(cluster, undefined)).problem?.message).toMatch(/no default StorageClass/);
});

test("what the settings rely on is looked for: metrics as a warning, an ingress class and the Gateway API as a must", async () => {
  const cluster = openCluster({ context: undefined });
  const settings = (kubernetes: object) =>
    kubernetesSettings({ "platform:kubernetes": JSON.stringify(kubernetes) });
  answers.set("/apis/", { groups: [] }).set("/apis", { groups: [] });
  const [metrics] = await checkExtensions(cluster, settings({ gateway: { autoscale: { min: 2, max: 4 } } }));
  expect(metrics).toMatchObject({ ok: true, detail: expect.stringMatching(/^warning: .*metrics-server/) });
  const ingress = settings({ exposure: { type: "ingress", className: "nginx", tlsSecret: "tls" } });
  expect((await checkExtensions(cluster, ingress))[0]?.problem?.message).toMatch(/no IngressClass "nginx"/);
  answers.set("/apis/networking.k8s.io/v1/ingressclasses/nginx", { metadata: { name: "nginx" } });
  expect((await checkExtensions(cluster, ingress))[0]?.ok).toBe(true);
  const gateway = settings({
    exposure: { type: "gatewayApi", gateway: { name: "g", namespace: "n" }, controllerNamespace: "n" },
  });
  expect((await checkExtensions(cluster, gateway))[0]?.problem?.message).toMatch(
    /gateway\.networking\.k8s\.io/,
  );
});

test("monitors want the resources of Prometheus' operator, annotations want none", async () => {
  const cluster = openCluster({ context: undefined });
  const settings = (monitors: string) =>
    kubernetesSettings({
      "platform:observability": JSON.stringify({ monitors, scraperNamespace: "monitoring" }),
    });
  answers.set("/apis/", { groups: [] }).set("/apis", { groups: [] });
  expect((await checkExtensions(cluster, settings("prometheus-operator")))[0]?.problem).toMatchObject({
    path: "platform:observability.monitors",
    message: "the cluster does not know monitoring.coreos.com",
  });
  expect(await checkExtensions(cluster, settings("annotations"))).toEqual([]);
  const groups = [{ name: "monitoring.coreos.com", versions: [], preferredVersion: {} }];
  answers.set("/apis/", { groups }).set("/apis", { groups });
  expect((await checkExtensions(cluster, settings("prometheus-operator")))[0]?.ok).toBe(true);
});

test("a controller's namespace that is not there is told before anything waits for it", async () => {
  const cluster = openCluster({ context: undefined });
  const settings = kubernetesSettings({
    "platform:kubernetes": JSON.stringify({ exposure: { type: "ingress", controllerNamespace: "front" } }),
  });
  const [missing] = await checkExtensions(cluster, settings);
  expect(missing?.problem?.message).toMatch(/no namespace "front"/);
  answers.set("/api/v1/namespaces/front", { metadata: { name: "front" } });
  expect((await checkExtensions(cluster, settings))[0]).toMatchObject({ ok: true, detail: "front" });
});
