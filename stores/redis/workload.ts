import type { Workload } from "../../core/workload.ts";
import type { ClusterContext, EngineContext } from "../store.ts";
import type { Cluster, Facts } from "./facts.ts";

/**
 * Never evict: full is an error that is seen, a lost session is not. Without a limit below the container's the server
 * never says that it is full; the kernel kills it. Rewriting the file forks: the rest stays free for what changes meanwhile.
 */
const memoryOptions = ({ memoryMiB }: Facts): string[] => [
  ...["--maxmemory-policy", "noeviction"],
  ...["--maxmemory", `${Math.floor(memoryMiB * 0.6)}mb`],
];

/** One server of a container engine. */
export function onEngine({ facts, hostPort }: EngineContext<Facts, "redis">): [Workload] {
  // Tokens and pending sign-ups live here: never evict, and survive a restart. The clients know no
  // password, so other containers must be let in without one.
  const options = ["--appendonly", "yes", ...memoryOptions(facts), "--protected-mode", "no"];
  // The port is only said where it is another than the server's own.
  const other = facts.port !== 6379;
  if (other) options.push("--port", String(facts.port));
  return [
    {
      role: "store",
      name: "redis",
      host: "redis",
      image: { catalogue: "redis" },
      args: ["redis-server", ...options],
      env: {},
      files: [],
      endpoints: [{ name: "redis", port: facts.port, published: hostPort("redis") }],
      volumes: [{ name: "redis-data", path: "/data" }],
      // It answers PONG, not an error such as LOADING.
      health: {
        ready: { shell: `test "$(redis-cli${other ? ` -p ${facts.port}` : ""} ping)" = PONG` },
        everySeconds: 1,
        startupSeconds: 60,
      },
      memoryMiB: facts.memoryMiB,
      members: { stateful: 1 },
      stopGraceSeconds: 30,
      dependsOn: [],
      restartWith: [],
    },
  ];
}

/** Redis on a cluster: one member with an append-only file, since tokens and pending sign-ups live in it. */
export function onCluster({ facts, settings }: ClusterContext<Facts, Cluster>): Workload {
  return {
    role: "store",
    name: "redis",
    host: "redis",
    image: { catalogue: "redis" },
    args: [
      "redis-server",
      ...["--port", String(facts.port)],
      ...["--appendonly", "yes"],
      ...["--appendfsync", "everysec"],
      ...memoryOptions(facts),
      // The clients know no password; who may connect is the network policies' matter.
      ...["--protected-mode", "no"],
      ...["--dir", "/data"],
    ],
    env: {},
    files: [],
    endpoints: [{ name: "redis", port: facts.port }],
    volumes: [{ name: "data", path: "/data", size: settings.volume.size }],
    scratch: [{ name: "tmp", path: "/tmp" }],
    health: {
      ready: { shell: `test "$(redis-cli -p ${facts.port} ping)" = PONG` },
      alive: { tcp: facts.port },
      startupSeconds: 120,
      // Until its file is read it answers LOADING.
      recoverySeconds: 3600,
    },
    memoryMiB: facts.memoryMiB,
    cpu: settings.cpu,
    members: { stateful: 1 },
    deadlineSeconds: 180,
    stopGraceSeconds: 60,
    user: { uid: 999, gid: 1000 },
    dependsOn: [],
    restartWith: [],
  };
}
