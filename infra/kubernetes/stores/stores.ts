import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Secrets } from "../../secrets.ts";
import type { ClusterTarget } from "../cluster.ts";
import { createKafka, type KafkaStore } from "./kafka.ts";
import { createMongo } from "./mongo.ts";
import { createPostgres } from "./postgres.ts";
import { createRedis } from "./redis.ts";

/** The platform's built-in stores. One that the platform does not declare, or that is external, is undefined. */
export class Stores extends pulumi.ComponentResource {
  readonly postgres: k8s.apps.v1.StatefulSet | undefined;
  readonly mongo: k8s.apps.v1.StatefulSet | undefined;
  readonly redis: k8s.apps.v1.StatefulSet | undefined;
  readonly kafka: KafkaStore | undefined;

  constructor(name: string, target: ClusterTarget, secrets: Secrets, opts?: pulumi.ComponentResourceOptions) {
    super("beat:kubernetes:Stores", name, {}, opts);
    this.postgres = createPostgres(target, secrets, this);
    this.mongo = createMongo(target, secrets, this);
    this.redis = createRedis(target, this);
    this.kafka = createKafka(target, this);
    this.registerOutputs();
  }
}
