import { expect, test } from "vitest";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as real } from "../../config/platform.ts";
import { addressOfBucket } from "../../config/settings/bucket.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import type { Settings } from "../../config/settings/schema.ts";
import { connectionsOf } from "./connections.ts";

const platform: PlatformModel = real;
const good = { endpoint: "https://s3.example.org", name: "beat-backups" };
const settingsWith = (bucket: object): Settings =>
  parseSettings({
    "platform:target": "kubernetes",
    "platform:kubernetes": JSON.stringify({ backups: { bucket } }),
  });

test("the connections are those of the two backups, to the endpoint's port", () => {
  const outside = (bucket: object) =>
    connectionsOf(platform, settingsWith({ ...good, ...bucket }), []).filter(
      ({ to }) => to === "backups-bucket",
    );
  expect(outside({})).toEqual([
    { from: "backup-mongo", to: "backups-bucket", port: 443, outside: {} },
    { from: "backup-postgres", to: "backups-bucket", port: 443, outside: {} },
  ]);
  expect(outside({ cidr: "10.1.0.0/16" })[0]?.outside).toEqual({ cidr: "10.1.0.0/16" });
  const inside = outside({ endpoint: "http://minio.storage.svc.cluster.local:9000" });
  expect(inside[0]).toMatchObject({ port: 9000, outside: { namespace: "storage" } });
  expect(addressOfBucket({ endpoint: "http://minio" })).toEqual({ host: "minio", port: 80 });
  // A name that only looks like one of the cluster's.
  expect(outside({ endpoint: "https://s3.eu.svc.example.org" })[0]?.outside).toEqual({});
});
