import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { imageReference } from "../../../config/catalogue.ts";
import { administratorSecret, keyfileSecret, storeHosts } from "../../../core/names.ts";
import type { Secrets } from "../../secrets.ts";
import { type ClusterTarget, secret } from "../cluster.ts";
import { probeTiming, resources, startup } from "../pod.ts";
import { memberHost, statefulStore } from "./stateful-store.ts";

const name = "mongo";
/** The name of the platform's replica set. */
export const replicaSetName = "rs0";

/** The members of the replica set as clients reach them; undefined when one server stands alone. */
export function mongoMembers(
  target: Pick<ClusterTarget, "platform" | "settings" | "namespace">,
): string[] | undefined {
  const facts = target.platform.stores.mongo;
  const { members } = target.settings.kubernetes.mongo;
  if (facts === undefined || target.settings.external.mongo !== undefined || members === 1) return undefined;
  return Array.from({ length: members }, (_, member) => `${memberHost(target, name, member)}:${facts.port}`);
}

/**
 * MongoDB: a replica set of three, or one server alone. Only the first member makes the administrator: a set is
 * initiated by the one member that has data, the others must be empty. Source: MongoDB manual, replSetInitiate.
 */
export function createMongo(
  target: ClusterTarget,
  secrets: Secrets,
  parent: pulumi.Resource,
): k8s.apps.v1.StatefulSet | undefined {
  const facts = target.platform.stores.mongo;
  if (facts === undefined || target.settings.external.mongo !== undefined) return undefined;
  const { volume, cpu, members } = target.settings.kubernetes.mongo;
  const set = members > 1;
  const login = secret(
    target,
    {
      name: administratorSecret("mongo"),
      component: storeHosts.mongo,
      data: {
        password: secrets.get(administratorSecret("mongo")),
        // Members know each other by it; 6 to 1024 base64 characters. Source: MongoDB manual, keyfile security.
        ...(set && { keyfile: secrets.get(keyfileSecret) }),
      },
    },
    parent,
  );
  const start = [
    // The image makes the administrator when these are set, on an empty volume only.
    `if [ "\${HOSTNAME##*-}" = 0 ]; then export MONGO_INITDB_ROOT_USERNAME=admin MONGO_INITDB_ROOT_PASSWORD_FILE=/run/secrets/mongo/password; fi`,
    // A Secret's files are readable by the volume's group, and mongod refuses a keyfile that others may read.
    ...(set ? ["install -m 600 /run/secrets/mongo/keyfile /tmp/keyfile"] : []),
    `exec docker-entrypoint.sh mongod --auth --bind_ip_all --port ${facts.port} --wiredTigerCacheSizeGB ${Math.max(0.25, Math.floor((facts.memoryMiB / 2 / 1024) * 100) / 100)}` +
      (set ? ` --replSet ${replicaSetName} --keyFile /tmp/keyfile` : ""),
  ].join("\n");
  const connect = { exec: { command: ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${facts.port}`] } };
  const hello = {
    exec: {
      command: [
        "bash",
        "-c",
        // mongosh costs a second of a core: once it has passed, a connect is enough for a minute.
        `if [ -n "$(find /tmp/ready -mmin -1 2>/dev/null)" ]; then exec 3<>/dev/tcp/127.0.0.1/${facts.port}; exit; fi\n` +
          `mongosh --quiet --norc --nodb --eval 'const c=connect("mongodb://127.0.0.1:${facts.port}/?directConnection=true&serverSelectionTimeoutMS=2000");if(c.hello().ok!==1)quit(1)' >/dev/null && touch /tmp/ready`,
      ],
    },
  };
  return statefulStore(
    target,
    {
      name,
      host: storeHosts.mongo,
      replicas: members,
      port: { name: "mongo", number: facts.port },
      volume: { name: "data", size: volume.size },
      parallel: set,
      ...(set && { minReadySeconds: 15 }),
      timeoutSeconds: 300,
      pod: {
        uid: 999,
        stopGraceSeconds: 60,
        scratch: [
          { name: "tmp", path: "/tmp" },
          { name: "home", path: "/home/mongodb" },
          { name: "config", path: "/data/configdb" },
        ],
        volumes: [{ name: "login", secret: { secretName: login.name, defaultMode: 0o440 } }],
        containers: [
          {
            name: "mongo",
            image: imageReference("mongo", target.settings.images),
            command: ["bash", "-c", start],
            env: [{ name: "HOME", value: "/home/mongodb" }],
            ports: [{ name: "mongo", containerPort: facts.port }],
            resources: resources(facts.memoryMiB, cpu),
            startupProbe: { ...hello, ...startup(180), periodSeconds: 3 },
            readinessProbe: { ...hello, ...probeTiming.readiness },
            livenessProbe: { ...connect, ...probeTiming.liveness },
            volumeMounts: [
              { name: "data", mountPath: "/data/db" },
              { name: "login", mountPath: "/run/secrets/mongo", readOnly: true },
            ],
          },
        ],
      },
    },
    { parent, dependsOn: [login.resource] },
  );
}
