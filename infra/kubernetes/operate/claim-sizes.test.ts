import { expect, test } from "vitest";
import { defined, plain } from "../../../config/define/test-definition.ts";
import { platform } from "../../../config/platform.ts";
import { kubernetesSettings } from "../../../test/settings.ts";
import { bytesOf, checkClaimSizes, sizedClaims } from "./claim-sizes.ts";
import type { Cluster } from "./client.ts";

const claim = (name: string, storage: string, storageClassName: string) => ({
  metadata: { name },
  spec: { storageClassName, resources: { requests: { storage } } },
});
const place = (...items: object[]) => ({
  namespace: "beat",
  cluster: {
    core: { listNamespacedPersistentVolumeClaim: async () => ({ items }) },
    storage: {
      listStorageClass: async () => ({
        items: [{ metadata: { name: "grows" }, allowVolumeExpansion: true }, { metadata: { name: "stays" } }],
      }),
    },
  } as unknown as Cluster,
});
const wanted = [
  { name: "data-postgres-0", size: "10Gi", setting: "platform:kubernetes.postgres.volume.size" },
];
const check = (...items: object[]) => checkClaimSizes(place(...items), "prod", wanted);

test("a size that a volume cannot have is refused before the run reaches it", async () => {
  expect(await check(claim("data-postgres-0", "20Gi", "grows"))).toMatchObject({
    problem: {
      message: expect.stringContaining("has 20Gi already: a volume never shrinks"),
      fix: "pulumi config set --path platform:kubernetes.postgres.volume.size 20Gi --stack prod",
    },
  });
  expect(await check(claim("data-postgres-0", "5Gi", "stays"))).toMatchObject({
    problem: { message: expect.stringContaining("its StorageClass stays lets no volume grow") },
  });
});

test.each([
  ["none is there", []],
  ["it is as large, in another unit", [claim("data-postgres-0", "10240Mi", "stays")]],
  ["it can grow", [claim("data-postgres-0", "5Gi", "grows")]],
  ["another one is larger", [claim("data-mongo-0", "50Gi", "stays")]],
])("nothing is said where %s", async (_, items) => {
  expect(await check(...items)).toMatchObject({ ok: true });
});

test("every claim of a stack has the setting that says how large it is", () => {
  const settings = kubernetesSettings({
    "platform:kubernetes": JSON.stringify({
      kafka: { brokers: 3, volume: { size: "7Gi" } },
      uploads: { size: "3Gi" },
    }),
    "platform:backups": JSON.stringify({ schedule: "1 3 * * *", to: { volume: { size: "9Gi" } } }),
  });
  const claims = sizedClaims(platform, settings, "beat");
  expect(claims.filter(({ setting }) => setting.includes("kafka"))).toEqual(
    [0, 1, 2].map((member) => ({
      name: `data-kafka-${member}`,
      size: "7Gi",
      setting: "platform:kubernetes.kafka.volume.size",
    })),
  );
  expect(claims).toContainEqual({
    name: "core-public",
    size: "3Gi",
    setting: "platform:kubernetes.uploads.size",
  });
  expect(claims).toContainEqual({
    name: "backups",
    size: "9Gi",
    setting: "platform:backups.to.volume.size",
  });
});

test.each([
  ["20Gi", 20 * 2 ** 30],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["512Ki", 512 * 1024],
  ["1k", 1000],
  ["2G", 2e9],
  ["1E", 1e18],
  ["5e9", 5e9],
  ["1073741824", 2 ** 30],
  ["1500m", 1.5],
  ["250u", 0.00025],
  ["500000000n", 0.5],
])("%s is so many bytes", (quantity, bytes) => {
  expect(bytesOf(quantity)).toBe(bytes);
});

test("of a service that got another name the claim that is there counts", async () => {
  const renamed = defined({
    memos: { ...plain, renamedFrom: ["notes"], needs: { volumes: [{ name: "files", path: "/data" }] } },
  });
  const settings = kubernetesSettings({
    "platform:backups": JSON.stringify({ to: { volume: { size: "9Gi" } } }),
  });
  const claims = sizedClaims(renamed, settings, "beat");
  const sizes = (name: string) => checkClaimSizes(place(claim(name, "20Gi", "grows")), "prod", claims);
  for (const name of ["backups-notes", "backups-memos"])
    expect(await sizes(name)).toMatchObject({
      problem: { message: expect.stringContaining(`${name} has 20Gi already`) },
    });
});
