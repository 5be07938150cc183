import type { ServiceModel } from "../../config/model.ts";

/**
 * Asks PostgreSQL over TCP with credentials: while the image's first boot runs its scripts, a temporary server
 * already answers on the socket.
 */
export const postgresProbe = [
  "CMD-SHELL",
  'PGPASSWORD="$(cat /run/secrets/postgres-admin)" psql -h 127.0.0.1 -U postgres -d postgres -tAqc "select 1" >/dev/null',
];

/**
 * Logs in and pings. mongosh costs a second of a core, so once it has passed a connect is enough for a minute. The
 * password is read inside mongosh and is in nobody's argv.
 */
export const mongoProbe = [
  "CMD",
  "bash",
  "-c",
  [
    'if [ -n "$(find /tmp/mongo-ready -mmin -1 2>/dev/null)" ]; then exec 3<>/dev/tcp/127.0.0.1/27017; exit; fi',
    `mongosh --quiet --norc --nodb --eval 'const p=fs.readFileSync("/run/secrets/mongo-admin","utf8").trim();` +
      `const c=connect("mongodb://admin:"+p+"@127.0.0.1:27017/admin?serverSelectionTimeoutMS=2000");` +
      `if(c.runCommand({ping:1}).ok!==1)quit(1)' >/dev/null && touch /tmp/mongo-ready`,
  ].join("\n"),
];

/** Redis answers PONG, not an error such as LOADING. */
export const redisProbe = ["CMD-SHELL", 'test "$(redis-cli ping)" = PONG'];

/**
 * Sends one ApiVersions request (key 18, version 0, correlation 1, no client id) and wants error code 0 back: a real
 * API call at the price of a connect, where Kafka's own tools start a JVM.
 * Source: Kafka protocol guide, "ApiVersions Request (Version: 0)".
 */
export const kafkaProbe = (port: number): string[] => [
  "CMD",
  "bash",
  "-c",
  `exec 3<>/dev/tcp/127.0.0.1/${port} && printf '\\x00\\x00\\x00\\x0a\\x00\\x12\\x00\\x00\\x00\\x00\\x00\\x01\\xff\\xff' >&3 && ` +
    `test "$(head -c 10 <&3 | od -An -tx1 -j4 | tr -d ' \\n')" = 000000010000`,
];

/** A provisioner is healthy once it has done its work; see provision/src/main.ts. */
export const provisionedProbe = ["CMD", "test", "-e", "/tmp/provisioned"];

/** It answers 401 without a login: any answer but a server's error shows that it serves. */
export const mongoExpressProbe = [
  "CMD",
  "bash",
  "-c",
  "exec 3<>/dev/tcp/127.0.0.1/8081 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == 'HTTP/1.'?' '[234]* ]]",
];

/** Asks the gateway whether every upstream answers. */
export const gatewayProbe = ["CMD", "node", "/app/gateway.mjs", "health"];

/** How a service is probed inside its container, with what its image has; undefined when it has nothing. */
export function serviceProbe(service: ServiceModel, sample: boolean): string[] | undefined {
  const { probe } = service.health;
  // The sample answers the service's own path, and its image has wget: starting Node for each probe costs far more.
  const tool = sample ? "wget" : service.health.tool;
  if (tool === "none") return undefined;
  const path = "http" in probe ? probe.http : undefined;
  if (tool === "wget" && path !== undefined)
    return ["CMD", "wget", "-q", "-O", "/dev/null", "-T", "4", `http://127.0.0.1:${service.port}${path}`];
  if (tool === "wget") return ["CMD", "nc", "-z", "127.0.0.1", String(service.port)];
  const connect = `exec 3<>/dev/tcp/127.0.0.1/${service.port}`;
  if (path === undefined) return ["CMD", "bash", "-c", connect];
  // No curl and no wget in the image: bash speaks enough HTTP for a probe.
  const request = `printf 'GET ${path} HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n' >&3`;
  return [
    "CMD",
    "bash",
    "-c",
    `${connect} && ${request} && read -r status <&3 && [[ $status == *' 200 '* ]]`,
  ];
}
