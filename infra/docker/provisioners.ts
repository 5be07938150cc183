import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { passwordName, roleName } from "../../config/environment.ts";
import { storeHosts } from "../../config/stores.ts";
import type { Plan } from "../../provision/src/plan.ts";
import type { Secrets } from "../secrets.ts";
import { managedContainer } from "./managed-container.ts";
import { provisionedProbe } from "./probes.ts";
import type { Stores } from "./stores.ts";
import type { DockerTarget } from "./target.ts";

/** Longer than the engine needs to see a one-shot healthy, seconds. */
const linger = "20";

/**
 * One-shot containers that bring each store to what the definition declares. Their plan is a file in the container,
 * so a changed plan replaces the container and thereby runs it again; so does a replaced store.
 */
export class Provisioners extends pulumi.ComponentResource {
  readonly postgres: docker.Container | undefined;
  readonly mongo: docker.Container | undefined;
  readonly kafka: docker.Container | undefined;

  constructor(
    name: string,
    target: DockerTarget,
    stores: Stores,
    secrets: Secrets,
    image: pulumi.Input<string>,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("beat:docker:Provisioners", name, {}, opts);
    const services = Object.values(target.platform.services);
    const run = (store: docker.Container | undefined, plan: Plan, passwords: readonly string[]) =>
      store &&
      managedContainer(
        target,
        {
          name: `provision-${plan.kind}`,
          image,
          command: ["/run/plan.json", linger],
          uploads: [
            { file: "/run/plan.json", content: JSON.stringify(plan, undefined, 1) },
            ...passwords.map((secret) => ({ file: passwordFile(secret), content: secrets.get(secret) })),
          ],
          health: { test: provisionedProbe, intervalSeconds: 1, startupSeconds: 60 },
          memoryMiB: 192,
          stopGraceSeconds: 5,
          oneShot: true,
          dropCapabilities: true,
        },
        { parent: this, dependsOn: [store], replaceWith: [store] },
      );

    const sql = services.flatMap((service) =>
      service.needs.postgres ? [{ service: service.name, ...service.needs.postgres }] : [],
    );
    this.postgres = run(
      stores.postgres,
      {
        kind: "postgres",
        host: storeHosts.postgres,
        port: target.platform.stores.postgres?.port ?? 5432,
        admin: { user: "postgres", database: "postgres", passwordFile: passwordFile("postgres-admin") },
        roles: sql.map(({ service, idleInTransactionSeconds }) => ({
          name: roleName(service),
          passwordFile: passwordFile(passwordName("postgres", service)),
          ...(idleInTransactionSeconds !== undefined && { idleInTransactionSeconds }),
        })),
        databases: sql.map(({ service, database, extensions }) => ({
          name: database,
          owner: roleName(service),
          extensions,
        })),
      },
      ["postgres-admin", ...sql.map(({ service }) => passwordName("postgres", service))],
    );

    const documents = services.flatMap((service) =>
      service.needs.mongo ? [{ service: service.name, ...service.needs.mongo }] : [],
    );
    this.mongo = run(
      stores.mongo,
      {
        kind: "mongo",
        host: storeHosts.mongo,
        port: target.platform.stores.mongo?.port ?? 27017,
        admin: { user: "admin", passwordFile: passwordFile("mongo-admin") },
        users: documents.map(({ service, database }) => ({
          name: roleName(service),
          passwordFile: passwordFile(passwordName("mongo", service)),
          database,
        })),
        indexes: documents.flatMap(({ database, indexes }) =>
          indexes.map((index) => ({ database, ...index })),
        ),
      },
      ["mongo-admin", ...documents.map(({ service }) => passwordName("mongo", service))],
    );

    this.kafka = run(
      stores.kafka,
      {
        kind: "kafka",
        bootstrap: [`${storeHosts.kafka}:${target.platform.stores.kafka?.port ?? 9092}`],
        topics: Object.entries(target.platform.topics)
          .map(([topic, facts]) => ({ name: topic, ...facts }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      },
      [],
    );
    this.registerOutputs();
  }
}

const passwordFile = (secret: string): string => `/run/secrets/${secret}`;
