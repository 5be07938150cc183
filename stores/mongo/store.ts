import { type Address, defineStore, type Login, refs } from "../store.ts";
import { backup } from "./backup.ts";
import { exporter } from "./exporter.ts";
import { cluster, external, facts, need } from "./facts.ts";
import { reservedDatabases } from "./names.ts";
import { plan, retirement } from "./plan.ts";
import { planSchema } from "./plan-schema.ts";
import { keyfileSecret } from "./replica-set.ts";
import { onCluster, onEngine } from "./workload.ts";

/** What a service's `env` is given of MongoDB. */
export interface MongoRefs {
  readonly need: unknown;
  readonly refs: Address & Login;
}

/** MongoDB: one database, one user and one password for each service. */
export const mongo = defineStore({
  title: "MongoDB",
  host: "mongo",
  facts,
  need,
  cluster,
  external,
  images: {
    mongo: {
      repository: "mongo",
      tag: "8.0",
      lifecycle: {
        source: "https://www.mongodb.com/legal/support-policy/lifecycles",
        lines: { "6.0": "2025-07-31", "7.0": "2027-08-31", "8.0": "2029-10-31" },
      },
    },
    mongoExpress: { repository: "mongo-express", tag: "1.0.2" },
    mongoExporter: { repository: "percona/mongodb_exporter", tag: "0.53.0" },
  },
  ports: {
    mongo: { defaultPort: 27017, what: "MongoDB", variable: "MONGO_PORT" },
    mongoExpress: { defaultPort: 8081, what: "Mongo Express, with platform:devTools", tool: true },
  },
  login: true,
  reservedDatabases,
  refsKind: refs<MongoRefs>(),
  refs: ({ database }, { address, login }) => ({ ...address, ...login(database) }),
  // Members are restarted one after the other, and two with different keys do not speak to each other.
  memberSecrets: () => [
    {
      name: keyfileSecret,
      whyNotRotated: "is shared by all members of the replica set, which must change it together",
    },
  ],
  // Source: MongoDB manual, "Upgrade a Standalone to 8.0": from 7.0 alone, and no way back.
  upgrade: "stepwise",
  imagesUsed: (devTools) => (devTools ? ["mongo", "mongoExpress"] : ["mongo"]),
  onEngine,
  onCluster,
  provision: { schema: planSchema, plan, retirement, load: () => import("./provision.ts") },
  backup,
  exporter,
});
