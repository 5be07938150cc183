import { expect, test } from "vitest";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform as real } from "../../config/platform.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import type { KubernetesSettings } from "../../config/settings/schema.ts";
import { addressOfUrl } from "../../core/connections.ts";
import { kubernetesSettings } from "../../test/settings.ts";
import { connectionsOf } from "./connections.ts";

const platform: PlatformModel = real;
const good = { endpoint: "https://s3.example.org", name: "beat-backups" };
const settingsWith = (bucket: object) =>
  kubernetesSettings({
    "platform:backups": JSON.stringify({ to: { bucket } }),
  });

test("the connections are those of the two backups, to the endpoint's port", () => {
  const outside = (bucket: object) =>
    connectionsOf(platform, settingsWith({ ...good, ...bucket }), []).filter(
      ({ to }) => to === "backups-bucket",
    );
  expect(outside({})).toEqual([
    { from: "backup-core-service", to: "backups-bucket", port: 443, outside: {} },
    { from: "backup-mongo", to: "backups-bucket", port: 443, outside: {} },
    { from: "backup-postgres", to: "backups-bucket", port: 443, outside: {} },
  ]);
  expect(outside({ cidr: "10.1.0.0/16" })[0]?.outside).toEqual({ cidr: "10.1.0.0/16" });
  const inside = outside({ endpoint: "http://minio.storage.svc.cluster.local:9000" });
  expect(inside[0]).toMatchObject({ port: 9000, outside: { namespace: "storage" } });
  expect(addressOfUrl("http://minio")).toEqual({ host: "minio", port: 80 });
  // A name that only looks like one of the cluster's.
  expect(outside({ endpoint: "https://s3.eu.svc.example.org" })[0]?.outside).toEqual({});
});

test("spans go from the gateway and every service to the receiver, by the narrowest that is known of it", () => {
  const outside = (observability: object) =>
    connectionsOf(
      platform,
      kubernetesSettings({ "platform:observability": JSON.stringify(observability) }),
      [],
    ).filter(({ to }) => to === "otlp-receiver");
  expect(outside({})).toEqual([]);
  const found = outside({ otlp: "https://otlp.example.org/x" });
  expect(found.map(({ from }) => from)).toEqual([
    "auth-service",
    "core-service",
    "gateway",
    "messaging-service",
  ]);
  for (const one of found) expect(one).toMatchObject({ port: 443, outside: {} });
  expect(outside({ otlp: "http://otel-collector.monitoring.svc:4318" })[0]).toMatchObject({
    port: 4318,
    outside: { namespace: "monitoring" },
  });
  expect(outside({ otlp: "http://10.0.0.7:4318" })[0]?.outside).toEqual({ cidr: "10.0.0.7/32" });
  expect(outside({ otlp: "http://[fd00::7]:4318" })[0]?.outside).toEqual({ cidr: "fd00::7/128" });
  expect(outside({ otlp: "https://otlp.example.org", cidr: "198.51.100.0/24" })[0]?.outside).toEqual({
    cidr: "198.51.100.0/24",
  });
});

test("a service reaches outside what its definition and its stack say, by the narrowest that is known of it", () => {
  const { "core-service": core } = platform.services;
  if (core === undefined) throw new Error("the definition has no core-service");
  const egress = [
    { host: "smtp.example.org", port: 587 },
    { host: "10.4.0.9", port: 25 },
    { host: "mail.tools.svc", port: 2525 },
    { host: "pay.example.org", cidr: "198.51.100.0/24", port: 443 },
  ];
  const model = {
    ...platform,
    services: { ...platform.services, "core-service": { ...core, needs: { ...core.needs, egress } } },
  };
  const settings = kubernetesSettings({
    "platform:services": JSON.stringify({ "core-service": { egress: [{ cidr: "fd00::/8", port: 8443 }] } }),
  });
  const outside = (of: PlatformModel, stack: KubernetesSettings) =>
    connectionsOf(of, stack, [])
      .filter(({ to }) => to.startsWith("outside:"))
      .map(({ from, port, outside }) => [from, port, outside]);
  expect(outside(model, settings)).toEqual([
    ["core-service", 25, { cidr: "10.4.0.9/32" }],
    ["core-service", 8443, { cidr: "fd00::/8" }],
    ["core-service", 2525, { namespace: "tools" }],
    ["core-service", 443, { cidr: "198.51.100.0/24" }],
    ["core-service", 587, {}],
  ]);
  expect(outside(platform, kubernetesSettings())).toEqual([]);
  const nowhere = { "core-service": { egress: [{ port: 443 }] } };
  expect(() =>
    parseSettings({ "platform:target": "kubernetes", "platform:services": JSON.stringify(nowhere) }),
  ).toThrow(/services\.core-service\.egress\[0\]\.host: must be set, or cidr/);
});
