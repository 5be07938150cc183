import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { provisionerOf } from "../../core/names.ts";
import { kafkaPlan, mongoPlan, type PlanWithSecrets, passwordFile, postgresPlan } from "../derived/plans.ts";
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
    const { platform, settings } = target;
    const run = (store: docker.Container, { plan, secrets: passwords }: PlanWithSecrets) =>
      managedContainer(
        target,
        {
          name: provisionerOf(plan.kind),
          image,
          command: ["/run/plan.json", linger],
          uploads: [
            { file: "/run/plan.json", content: JSON.stringify(plan, undefined, 1) },
            ...passwords.map((secret) => ({ file: passwordFile(secret), content: secrets.get(secret) })),
          ],
          health: { test: provisionedProbe, intervalSeconds: 0.5, startupSeconds: 60 },
          memoryMiB: 192,
          stopGraceSeconds: 5,
          oneShot: true,
          dropCapabilities: true,
        },
        { parent: this, dependsOn: [store], replaceWith: [store] },
      );

    this.postgres = stores.postgres && run(stores.postgres, postgresPlan(platform, settings));
    this.mongo = stores.mongo && run(stores.mongo, mongoPlan(platform, settings));
    this.kafka = stores.kafka && run(stores.kafka, kafkaPlan(platform, settings));
    this.registerOutputs();
  }
}
