import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { graphOf, type Json, objects } from "./kubernetes-graph.ts";
import type { Registered } from "./mocks.ts";
import { brokenRulesOf } from "./policies.ts";

const keys = {
  "backups-access-key-id": "AKIDEXAMPLE01",
  "backups-secret-access-key": "wJalrXUt/K7MDENG+bPxRfiCY",
};
const [certificate = ""] = rootCertificates;
const bucketGraph = (bucket: object = {}): Promise<Registered[]> =>
  graphOf(
    {},
    {
      "platform:secrets": JSON.stringify(keys),
      "platform:backups": JSON.stringify({
        keep: 7,
        to: { bucket: { endpoint: "https://s3.example.org", name: "beat", ...bucket } },
      }),
    },
  );

const graph = await bucketGraph();
const pods = new Map(
  [...objects(graph, "CronJob")].map(([name, { spec }]): [string, Json] => [
    name,
    spec.jobTemplate.spec.template.spec,
  ]),
);

test("backups go to the bucket, and no claim is made for them", () => {
  expect([...pods.keys()].sort()).toEqual(["backup-core-service", "backup-mongo", "backup-postgres"]);
  expect([...objects(graph, "PersistentVolumeClaim").keys()]).not.toContain("backups");
  for (const [name, pod] of pods) {
    const tools = name === "backup-mongo" ? "mongo:8.0" : "postgis/postgis:17-3.5";
    expect(pod.initContainers.map(({ image }: Json) => image)).toEqual(["rclone/rclone:1.76.0", tools]);
    expect(pod.containers.map(({ image }: Json) => image)).toEqual(["rclone/rclone:1.76.0"]);
    expect(pod.volumes.find(({ name }: Json) => name === "backups").emptyDir).toEqual({ sizeLimit: "10Gi" });
  }
});

test("the keys are in one Secret and nowhere else, and the store's password stays with its dump", () => {
  const secret = objects(graph, "Secret").get("backups-bucket");
  expect(secret.stringData).toEqual({
    RCLONE_CONFIG_BACKUPS_ACCESS_KEY_ID: keys["backups-access-key-id"],
    RCLONE_CONFIG_BACKUPS_SECRET_ACCESS_KEY: keys["backups-secret-access-key"],
  });
  for (const pod of pods.values()) {
    const [upload] = pod.containers;
    const [earlier, ...dumps] = pod.initContainers;
    const mounts = ({ volumeMounts }: Json) => volumeMounts.map(({ name }: Json) => name).sort();
    for (const step of [earlier, upload]) {
      expect(step.envFrom).toEqual([{ secretRef: { name: secret.metadata.name } }]);
      expect(mounts(step)).toEqual(["backups", `${dumps[0].name}-script`].sort());
    }
    for (const dump of dumps) {
      expect(dump.envFrom).toBeUndefined();
      // Who saves uploads logs in nowhere.
      const isUploads = dump.name === "backup-core-service";
      const own = ["script", "tmp", ...(isUploads ? [] : ["login"])].map((what) => `${dump.name}-${what}`);
      expect(mounts(dump)).toEqual(["backups", ...own, ...(isUploads ? ["core-public"] : [])].sort());
    }
  }
  const others = JSON.stringify(
    graph.filter(({ type, name }) => !(type.endsWith(":Secret") && name === "backups-bucket")),
  );
  for (const value of Object.values(keys)) expect(others).not.toContain(value);
});

test("keeps every policy: restricted, read-only, with limits", () => {
  expect(brokenRulesOf(graph)).toEqual([]);
  for (const pod of pods.values())
    for (const container of [...pod.initContainers, ...pod.containers]) {
      expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true });
      expect(container.resources.limits.memory).toBe("256Mi");
      // The spool lies on the node's disk, and a limit below its size would end the backup first.
      expect(container.resources.limits["ephemeral-storage"]).toBe("10Gi");
    }
});

test("only the backups may speak to the outside, at the endpoint's port", () => {
  const outside = (graph: readonly Registered[]) =>
    [...objects(graph, "NetworkPolicy")].flatMap(([name, { spec }]) =>
      // A node's own cache of names has an address.
      (name === "dns" ? [] : (spec.egress ?? []))
        .filter(({ to }: Json) => to[0].ipBlock !== undefined)
        .map(({ to, ports }: Json) => `${name} ${to[0].ipBlock.cidr}:${ports[0].port}`),
    );
  expect(outside(graph).sort()).toEqual([
    "from-backup-core-service 0.0.0.0/0:443",
    "from-backup-mongo 0.0.0.0/0:443",
    "from-backup-postgres 0.0.0.0/0:443",
  ]);
});

test("what the stack says of the bucket is what rclone is told", async () => {
  const other = await bucketGraph({
    endpoint: "https://minio.storage.svc:9000",
    region: "eu-west-1",
    provider: "Minio",
    prefix: "beat/prod",
    spool: "2Gi",
    ca: certificate,
  });
  const { spec } = objects(other, "CronJob").get("backup-postgres").spec.jobTemplate.spec.template;
  const env = Object.fromEntries(spec.containers[0].env.map(({ name, value }: Json) => [name, value]));
  expect(env).toMatchObject({
    BACKUPS: "backups:beat/beat/prod",
    RCLONE_CONFIG_BACKUPS_TYPE: "s3",
    RCLONE_CONFIG_BACKUPS_ENDPOINT: "https://minio.storage.svc:9000",
    RCLONE_CONFIG_BACKUPS_REGION: "eu-west-1",
    RCLONE_CONFIG_BACKUPS_PROVIDER: "Minio",
    RCLONE_CA_CERT: "/run/backup/bucket-ca.pem",
  });
  expect(objects(other, "ConfigMap").get("backup-postgres").data["bucket-ca.pem"]).toBe(certificate);
  const { egress } = objects(other, "NetworkPolicy").get("from-backup-postgres").spec;
  expect(egress).toContainEqual({
    to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "storage" } } }],
    ports: [{ protocol: "TCP", port: 9000 }],
  });
  const first = pods.get("backup-postgres").containers[0].env;
  expect(first.find(({ name }: Json) => name === "BACKUPS").value).toBe("backups:beat/beat-ecoprove-prod");
});

test("one job has all stores, in a time zone; uploads are saved beside the service that writes them", async () => {
  const graph = await graphOf({}, { "platform:backups": JSON.stringify({ timeZone: "Europe/Lisbon" }) });
  const jobs = objects(graph, "CronJob");
  const stores = jobs.get("backup").spec;
  expect(stores).toMatchObject({ timeZone: "Europe/Lisbon", concurrencyPolicy: "Forbid" });
  const pod = stores.jobTemplate.spec.template.spec;
  expect(pod.containers.map(({ name }: Json) => name).sort()).toEqual(["backup-mongo", "backup-postgres"]);
  const claims = (spec: Json) =>
    spec.volumes.flatMap(({ persistentVolumeClaim: claim }: Json) => (claim ? [claim.claimName] : []));
  expect(claims(pod)).toEqual(["backups"]);
  const uploads = jobs.get("backup-core-service").spec.jobTemplate.spec.template.spec;
  expect(claims(uploads)).toEqual(["backups-core-service", "core-public"]);
  const [term] = uploads.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  expect(term.topologyKey).toBe("kubernetes.io/hostname");
  expect(term.labelSelector.matchLabels["app.kubernetes.io/component"]).toBe("core-service");
  expect(brokenRulesOf(graph)).toEqual([]);
});
