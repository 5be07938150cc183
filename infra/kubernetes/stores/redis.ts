import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { imageReference } from "../../../config/catalogue.ts";
import { storeHosts } from "../../../core/names.ts";
import type { ClusterTarget } from "../cluster.ts";
import { probeTiming, resources, startup } from "../pod.ts";
import { statefulStore } from "./stateful-store.ts";

/** Redis with an append-only file, one member: tokens and pending sign-ups live in it. */
export function createRedis(
  target: ClusterTarget,
  parent: pulumi.Resource,
): k8s.apps.v1.StatefulSet | undefined {
  const facts = target.platform.stores.redis;
  if (facts === undefined || target.settings.external.redis !== undefined) return undefined;
  const { volume, cpu } = target.settings.kubernetes.redis;
  const ping = { exec: { command: ["sh", "-c", `test "$(redis-cli -p ${facts.port} ping)" = PONG`] } };
  return statefulStore(
    target,
    {
      name: "redis",
      host: storeHosts.redis,
      replicas: 1,
      port: { name: "redis", number: facts.port },
      volume: { name: "data", size: volume.size },
      timeoutSeconds: 180,
      pod: {
        uid: 999,
        gid: 1000,
        stopGraceSeconds: 60,
        scratch: [{ name: "tmp", path: "/tmp" }],
        containers: [
          {
            name: "redis",
            image: imageReference("redis", target.settings.images),
            args: [
              "redis-server",
              ...["--port", String(facts.port)],
              ...["--appendonly", "yes"],
              ...["--appendfsync", "everysec"],
              // Never evict: full is an error that is seen, a lost session is not.
              ...["--maxmemory-policy", "noeviction"],
              // Rewriting the file forks: half of the memory stays free for what changes meanwhile.
              ...["--maxmemory", `${Math.floor(facts.memoryMiB * 0.6)}mb`],
              // The clients know no password; who may connect is the network policies' matter.
              ...["--protected-mode", "no"],
              ...["--dir", "/data"],
            ],
            ports: [{ name: "redis", containerPort: facts.port }],
            resources: resources(facts.memoryMiB, cpu),
            startupProbe: { ...ping, ...startup(120) },
            readinessProbe: { ...ping, ...probeTiming.readiness },
            livenessProbe: { tcpSocket: { port: "redis" }, ...probeTiming.liveness },
            volumeMounts: [{ name: "data", mountPath: "/data" }],
          },
        ],
      },
    },
    { parent, dependsOn: [] },
  );
}
