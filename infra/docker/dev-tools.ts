import * as pulumi from "@pulumi/pulumi";
import { imageReference } from "../../config/catalogue.ts";
import { administratorSecret, storeHosts } from "../../core/names.ts";
import type { Secrets } from "../secrets.ts";
import { managedContainer } from "./managed-container.ts";
import { mongoExpressProbe } from "./probes.ts";
import type { Stores } from "./stores.ts";
import type { DockerTarget } from "./target.ts";

/** User interfaces for developers. The Redis UI is part of the Redis Stack image; this adds Mongo Express. */
export class DevTools extends pulumi.ComponentResource {
  constructor(
    name: string,
    target: DockerTarget,
    stores: Stores,
    secrets: Secrets,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("beat:docker:DevTools", name, {}, opts);
    if (stores.mongo !== undefined)
      managedContainer(
        target,
        {
          name: "mongo-express",
          image: target.images(imageReference("mongoExpress", target.settings.images)),
          env: {
            // The image presets a URL, which would win over the parts below.
            ME_CONFIG_MONGODB_URL: "",
            ME_CONFIG_MONGODB_SERVER: storeHosts.mongo,
            ME_CONFIG_MONGODB_PORT: String(target.platform.stores.mongo?.port ?? 27017),
            ME_CONFIG_MONGODB_ENABLE_ADMIN: "true",
            ME_CONFIG_MONGODB_AUTH_DATABASE: "admin",
            ME_CONFIG_MONGODB_ADMINUSERNAME: "admin",
            ME_CONFIG_MONGODB_ADMINPASSWORD_FILE: "/run/secrets/mongo-admin",
            ME_CONFIG_BASICAUTH: "true",
            ME_CONFIG_BASICAUTH_USERNAME: "admin",
            ME_CONFIG_BASICAUTH_PASSWORD_FILE: "/run/secrets/mongo-admin",
            VCAP_APP_HOST: "0.0.0.0",
          },
          uploads: [{ file: "/run/secrets/mongo-admin", content: secrets.get(administratorSecret("mongo")) }],
          ports: [{ internal: 8081, external: target.settings.ports.mongoExpress }],
          health: {
            test: mongoExpressProbe,
            startupSeconds: 60,
          },
          memoryMiB: 256,
          stopGraceSeconds: 10,
        },
        { parent: this, dependsOn: [stores.mongo] },
      );
    this.registerOutputs();
  }
}
