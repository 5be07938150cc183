import { administratorSecret } from "../../core/names.ts";
import { secretOf, text } from "../../core/value.ts";
import type { Workload } from "../../core/workload.ts";
import type { ClusterContext, EngineContext } from "../store.ts";
import { mongoExpress } from "./express.ts";
import type { Cluster, Facts } from "./facts.ts";
import { keyfileSecret, replicaSetName } from "./replica-set.ts";

const password = secretOf(administratorSecret("mongo"));

/** The longest time of a probe, seconds. */
const probeSeconds = 10;
/** The same of one that starts mongosh: on a machine that is busy with a whole stack's start it takes many times its second. */
const loginSeconds = 30;

/**
 * What a server answers to `hello` in its own protocol, at the price of a connect: the document has `ok: 1`.
 * Source: MongoDB wire protocol, OP_MSG; BSON 1.1.
 */
const hello = (port: number): string =>
  [
    `exec 3<>/dev/tcp/127.0.0.1/${port} || exit 1`,
    // 52 bytes of request 1: OP_MSG (2013), no flags, one body {hello: 1, $db: "admin"}.
    `printf '\\x34\\0\\0\\0\\x01\\0\\0\\0\\0\\0\\0\\0\\xdd\\x07\\0\\0\\0\\0\\0\\0\\0\\x1f\\0\\0\\0\\x10hello\\0\\x01\\0\\0\\0\\x02$db\\0\\x06\\0\\0\\0admin\\0\\0' >&3`,
    "size=$(head -c 4 <&3 | od -An -tu4)",
    `case "$(head -c $((size - 4)) <&3 | od -An -v -tx1 | tr -d ' \\n')" in *016f6b00000000000000f03f*) ;; *) exit 1 ;; esac`,
  ].join("\n");

/**
 * mongosh costs a second of a core: it is asked of a server that answers, and once it has passed `hello` is enough until the next
 * start. It ends by itself before its probe does: an engine lets go of a probe that is late and leaves it running, and on a busy
 * machine each would make the next one later.
 */
export const readyTest = (
  port: number,
  marker: string,
  mongosh: string,
  seconds = loginSeconds - 1,
): readonly string[] => [
  "bash",
  "-c",
  [
    hello(port),
    `if [ -e ${marker} ]; then exit; fi`,
    `timeout ${seconds} ${mongosh} >/dev/null && true 2>/dev/null >${marker}`,
  ].join("\n"),
];

/** One server of a container engine, and Mongo Express where a stack has tools. */
export function onEngine(
  context: EngineContext<Facts, "mongo" | "mongoExpress">,
): readonly [Workload, ...Workload[]] {
  const { facts, hostPort, devTools } = context;
  const passwordFile = "/run/secrets/mongo-admin";
  const server: Workload = {
    role: "store",
    name: "mongo",
    host: "mongo",
    image: { catalogue: "mongo" },
    // The port is only said where it is another than the server's own.
    ...(facts.port !== 27017 && { args: ["mongod", "--port", String(facts.port)] }),
    env: text({
      MONGO_INITDB_ROOT_USERNAME: "admin",
      MONGO_INITDB_ROOT_PASSWORD_FILE: passwordFile,
    }),
    files: [
      { name: "mongo-admin", volume: "login", directory: "/run/secrets", files: { "mongo-admin": password } },
    ],
    endpoints: [{ name: "mongo", port: facts.port, published: hostPort("mongo") }],
    volumes: [
      { name: "mongo-data", path: "/data/db" },
      { name: "mongo-config", path: "/data/configdb" },
    ],
    health: {
      // Logs in and pings. The password is read inside mongosh and is in nobody's argv.
      ready: {
        exec: readyTest(
          facts.port,
          "/dev/shm/mongo-ready",
          `mongosh --quiet --norc --nodb --eval 'const p=fs.readFileSync("${passwordFile}","utf8").trim();` +
            `const c=connect("mongodb://admin:"+p+"@127.0.0.1:${facts.port}/admin?serverSelectionTimeoutMS=2000");` +
            `if(c.runCommand({ping:1}).ok!==1)quit(1)'`,
        ),
      },
      everySeconds: 3,
      timeoutSeconds: loginSeconds,
      startupSeconds: 120,
    },
    memoryMiB: facts.memoryMiB,
    members: { stateful: 1 },
    stopGraceSeconds: 60,
    dependsOn: [],
    restartWith: [],
  };
  return devTools ? [server, mongoExpress(context)] : [server];
}

/**
 * MongoDB on a cluster: a replica set of three, or of one that others can join. Only the first member makes the administrator: a set is
 * initiated by the one member that has data, the others must be empty. Source: MongoDB manual, replSetInitiate.
 */
export function onCluster({ facts, settings }: ClusterContext<Facts, Cluster>): Workload {
  const { volume, cpu, members } = settings;
  const cacheGB = Math.max(0.25, Math.floor((facts.memoryMiB / 2 / 1024) * 100) / 100);
  const start = [
    // The image makes the administrator when these are set, on an empty volume only.
    `if [ "\${HOSTNAME##*-}" = 0 ]; then export MONGO_INITDB_ROOT_USERNAME=admin MONGO_INITDB_ROOT_PASSWORD_FILE=/run/secrets/mongo/password; fi`,
    // A Secret's files are readable by the volume's group, and mongod refuses a keyfile that others may read.
    "install -m 600 /run/secrets/mongo/keyfile /tmp/keyfile",
    `exec docker-entrypoint.sh mongod --auth --ipv6 --bind_ip_all --port ${facts.port} --wiredTigerCacheSizeGB ${cacheGB}` +
      ` --replSet ${replicaSetName} --keyFile /tmp/keyfile`,
  ].join("\n");
  return {
    role: "store",
    name: "mongo",
    host: "mongo",
    image: { catalogue: "mongo" },
    entrypoint: ["bash", "-c", start],
    env: text({ HOME: "/home/mongodb" }),
    files: [
      {
        name: administratorSecret("mongo"),
        volume: "login",
        directory: "/run/secrets/mongo",
        files: { password, keyfile: secretOf(keyfileSecret) },
      },
    ],
    endpoints: [{ name: "mongo", port: facts.port }],
    volumes: [{ name: "data", path: "/data/db", size: volume.size }],
    scratch: [
      { name: "tmp", path: "/tmp" },
      { name: "home", path: "/home/mongodb" },
      { name: "config", path: "/data/configdb" },
    ],
    health: {
      ready: { exec: ["bash", "-c", hello(facts.port)] },
      alive: { exec: ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${facts.port}`] },
      // A first start lays out its files and makes the administrator.
      startupSeconds: 270,
      // After a crash the journal is done again before it listens.
      recoverySeconds: 3600,
      timeoutSeconds: probeSeconds,
      everySeconds: 3,
    },
    memoryMiB: facts.memoryMiB,
    cpu,
    // How they start is for good in a set: it is not made anew when it grows.
    members: { stateful: members, parallel: true, ...(members > 1 && { settleSeconds: 15 }) },
    deadlineSeconds: 300,
    stopGraceSeconds: 60,
    user: { uid: 999 },
    dependsOn: [],
    restartWith: [],
  };
}
