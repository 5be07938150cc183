import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { provisionerOf, type StoreKind } from "../../core/names.ts";
import {
  certificateFile,
  kafkaPlan,
  mongoPlan,
  type PlanWithSecrets,
  postgresPlan,
} from "../derived/plans.ts";
import type { Secrets } from "../secrets.ts";
import { type ClusterTarget, configMap, labelsOf, secret } from "./cluster.ts";
import { podTemplate, resources } from "./pod.ts";
import { kafkaCopies } from "./stores/kafka.ts";
import { mongoMembers, replicaSetName } from "./stores/mongo.ts";
import type { Stores } from "./stores/stores.ts";

/**
 * Jobs that bring each store to what the definition declares. When a plan, its passwords or its image change there is a
 * new job, which runs, and `up` waits until it has succeeded.
 */
export class Provisioners extends pulumi.ComponentResource {
  readonly jobs: { readonly [K in StoreKind]?: k8s.batch.v1.Job } = {};
  /** Changes with the topics. */
  readonly topics: string | undefined;

  constructor(
    name: string,
    target: ClusterTarget,
    stores: Stores,
    secrets: Secrets,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("beat:kubernetes:Provisioners", name, {}, opts);
    const { platform, settings } = target;
    const jobs: { -readonly [K in StoreKind]?: k8s.batch.v1.Job } = this.jobs;
    if (platform.stores.postgres)
      jobs.postgres = createJob(target, postgresPlan(platform, settings), secrets, stores.postgres, this);
    if (platform.stores.mongo) {
      const members = mongoMembers(target);
      jobs.mongo = createJob(
        target,
        mongoPlan(platform, settings, members && { name: replicaSetName, members }),
        secrets,
        stores.mongo,
        this,
      );
    }
    if (platform.stores.kafka) {
      const plan = kafkaPlan(platform, settings, kafkaCopies(target));
      this.topics = JSON.stringify(plan.plan);
      jobs.kafka = createJob(target, plan, secrets, stores.kafka?.set, this);
    }
    this.registerOutputs();
  }
}

function createJob(
  target: ClusterTarget,
  { plan, secrets: names }: PlanWithSecrets,
  secrets: Secrets,
  store: pulumi.Resource | undefined,
  parent: pulumi.Resource,
): k8s.batch.v1.Job {
  const component = provisionerOf(plan.kind);
  const ca = plan.kind === "kafka" ? undefined : target.settings.external[plan.kind]?.ca;
  const content = configMap(
    target,
    {
      name: component,
      component,
      data: { "plan.json": JSON.stringify(plan, undefined, 1), ...(ca !== undefined && { "ca.pem": ca }) },
    },
    parent,
  );
  const passwords =
    names.length === 0
      ? undefined
      : secret(
          target,
          {
            name: component,
            component,
            data: Object.fromEntries(names.map((key) => [key, secrets.get(key)])),
          },
          parent,
        );
  return new k8s.batch.v1.Job(
    component,
    {
      metadata: {
        namespace: target.namespace,
        labels: labelsOf(target, component),
        annotations: { "pulumi.com/timeoutSeconds": "300" },
      },
      spec: {
        // The program waits for its store by itself; what fails twice will fail again. Pulumi ends with the job only for
        // this limit and for the deadline, not for a rule that fails it.
        backoffLimit: 1,
        activeDeadlineSeconds: 280,
        podFailurePolicy: {
          // A node that is drained says nothing about the program.
          rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
        },
        template: podTemplate(target, {
          component,
          uid: 1000,
          stopGraceSeconds: 5,
          restartPolicy: "Never",
          scratch: [{ name: "tmp", path: "/tmp" }],
          volumes: [
            { name: "plan", configMap: { name: content.name } },
            ...(passwords
              ? [{ name: "secrets", secret: { secretName: passwords.name, defaultMode: 0o440 } }]
              : []),
          ],
          containers: [
            {
              name: "provision",
              image: target.images.provision,
              args: [`${certificateFile.slice(0, certificateFile.lastIndexOf("/"))}/plan.json`],
              resources: resources(192, "50m"),
              // A job's last words are the reason that `pulumi up` and `kubectl describe` show.
              terminationMessagePolicy: "FallbackToLogsOnError",
              volumeMounts: [
                { name: "plan", mountPath: "/run/plan", readOnly: true },
                ...(passwords ? [{ name: "secrets", mountPath: "/run/secrets", readOnly: true }] : []),
              ],
            },
          ],
        }),
      },
    },
    {
      parent,
      dependsOn: [
        ...target.ready,
        content.resource,
        ...(passwords ? [passwords.resource] : []),
        ...(store ? [store] : []),
      ],
      // Longer than the job itself may take, so that its own end is what is told.
      customTimeouts: { create: "6m" },
    },
  );
}
