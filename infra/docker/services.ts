import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { addressesOf } from "../../config/addresses.ts";
import { builtReference, sourceOf } from "../../config/catalogue.ts";
import { renderEnvironment } from "../../config/environment.ts";
import type { ServiceModel } from "../../config/model.ts";
import { resolveEnvironment } from "../derived/environment.ts";
import type { Secrets } from "../secrets.ts";
import { managedContainer } from "./managed-container.ts";
import { serviceProbe } from "./probes.ts";
import type { Provisioners } from "./provisioners.ts";
import { dataVolume, type Stores } from "./stores.ts";
import type { DockerTarget } from "./target.ts";

/** The platform's services as containers, each started once what it needs is there. */
export class Services extends pulumi.ComponentResource {
  /** What one service or another waits for before it starts. */
  readonly prerequisites: docker.Container[];

  constructor(
    name: string,
    target: DockerTarget,
    parts: { readonly stores: Stores; readonly provisioners: Provisioners; readonly secrets: Secrets },
    sampleImage: pulumi.Output<string> | undefined,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("beat:docker:Services", name, {}, opts);
    const { stores, provisioners, secrets } = parts;
    const addresses = addressesOf(target.platform);
    const prerequisites = new Set<docker.Container>();
    for (const service of Object.values(target.platform.services)) {
      const { needs } = service;
      const source = sourceOf(service, target.settings);
      const sample = source === "sample";
      const image = sample ? sampleImage : target.images(imageOf(service, source));
      if (image === undefined) throw new Error(`${service.name} is a sample, and no sample image was built`);
      const probe = serviceProbe(service, sample);
      const key = needs.signingKey;
      const dependsOn = present(
        needs.postgres && provisioners.postgres,
        needs.mongo && provisioners.mongo,
        needs.redis && stores.redis,
        needs.kafka && provisioners.kafka,
      );
      for (const container of dependsOn) prerequisites.add(container);
      managedContainer(
        target,
        {
          name: service.name,
          image,
          ...(sample && { command: [service.sample] }),
          env: resolveEnvironment(
            renderEnvironment(target.platform, service, target.settings),
            addresses,
            (secret) => secrets.get(secret),
          ),
          uploads: key
            ? [
                { file: `${key.directory}/private.pem`, content: secrets.signingKey.privatePem },
                { file: `${key.directory}/public.pem`, content: secrets.signingKey.publicPem },
              ]
            : [],
          ports: [
            { internal: service.port, external: target.settings.ports.services[service.name] ?? false },
          ],
          volumes: needs.volumes.map((volume) => ({
            volume: dataVolume(target, volume.name, this).name,
            path: volume.path,
          })),
          ...(probe && {
            health: { test: probe, intervalSeconds: 1, startupSeconds: service.health.startupSeconds },
          }),
          memoryMiB: target.settings.services[service.name]?.memoryMiB ?? service.memoryMiB,
          stopGraceSeconds: service.stopGraceSeconds,
        },
        {
          parent: this,
          dependsOn,
          // Its consumers would die silently with the broker and never come back.
          ...(needs.kafka?.reconnects === false && {
            replaceWith: present(stores.kafka, provisioners.kafka),
          }),
        },
      );
    }
    this.prerequisites = [...prerequisites];
    this.registerOutputs();
  }
}

function imageOf(service: ServiceModel, source: Exclude<ReturnType<typeof sourceOf>, "sample">): string {
  return "image" in source ? source.image : (builtReference(service, source) ?? "");
}

const present = <T>(...values: readonly (T | undefined)[]): T[] =>
  values.filter((value): value is T => value !== undefined);
