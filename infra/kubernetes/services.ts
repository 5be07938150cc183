import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { builtReference, sourceOf } from "../../config/catalogue.ts";
import { renderEnvironment } from "../../config/environment.ts";
import type { ServiceModel } from "../../config/model.ts";
import type { Settings } from "../../config/settings.ts";
import { consumerWatchName, storeHosts } from "../../core/names.ts";
import { resolveEnvironment } from "../derived/environment.ts";
import type { Secrets } from "../secrets.ts";
import { claim } from "./claim.ts";
import { type ClusterTarget, type Content, labelsOf, secret, selectorOf } from "./cluster.ts";
import { podTemplate, probeTiming, resources, startup } from "./pod.ts";
import { replicasOf, scaled } from "./scaling.ts";

/**
 * Seconds between the moment a pod is taken out of its Service and SIGTERM: longer than kube-proxy and the gateway
 * take to stop sending new connections there.
 */
export const withdrawSeconds = 5;

/** What the services wait for and are rolled by. */
export interface ServiceParts {
  readonly secrets: Secrets;
  /** Everything that must be there before a service starts. */
  readonly after: (service: ServiceModel) => readonly pulumi.Resource[];
  /** Changes with the brokers and topics; rolls services whose consumers do not come back by themselves. */
  readonly kafkaIdentity: pulumi.Input<string> | undefined;
}

/** The platform's services as Deployments with their Services. */
export class Services extends pulumi.ComponentResource {
  readonly deployments: readonly k8s.apps.v1.Deployment[];

  constructor(
    name: string,
    target: ClusterTarget,
    parts: ServiceParts,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("beat:kubernetes:Services", name, {}, opts);
    this.deployments = Object.values(target.platform.services).map((service) =>
      createService(target, service, parts, this),
    );
    this.registerOutputs();
  }
}

function createService(
  target: ClusterTarget,
  service: ServiceModel,
  parts: ServiceParts,
  parent: pulumi.Resource,
): k8s.apps.v1.Deployment {
  const { settings, namespace, platform } = target;
  const sample = sourceOf(service, settings) === "sample";
  const image = serviceImage(target, service, settings);
  const environment = renderEnvironment(platform, service, settings);
  const resolved = resolveEnvironment(environment, target.addresses, (secretName) =>
    parts.secrets.get(secretName),
  );
  const hidden = Object.entries(environment).filter(([, value]) => value.secret);
  const env = secretObject(
    target,
    service,
    Object.fromEntries(hidden.map(([key]) => [key, resolved[key] ?? ""])),
    parent,
  );
  const keys = keysObject(target, service, parts.secrets, parent);
  const uploads = service.needs.volumes.map((volume) => ({
    ...volume,
    claim: claim(
      target,
      {
        name: volume.name,
        component: service.name,
        size: target.settings.kubernetes.uploads.size,
        retained: target.settings.kubernetes.volumes === "retain",
      },
      parent,
    ),
  }));
  const [user = sampleUid, group] = (sample ? `${sampleUid}` : (service.user ?? `${defaultUid}`)).split(":");
  const probe =
    "http" in service.health.probe
      ? { httpGet: { path: service.health.probe.http, port: "http" } }
      : { tcpSocket: { port: "http" } };
  const seeds = uploads.map(({ name, path }) => ({
    name: `seed-${name}`,
    image,
    // What the image brings is copied in once: an empty volume would hide it, and what people changed stays.
    command: ["sh", "-c", `if [ -d "${path}" ]; then cp -Rn "${path}/." /volume/; fi`],
    resources: resources(64, "10m"),
    volumeMounts: [{ name, mountPath: "/volume" }],
  }));
  const { replicas = 1, autoscale } = settings.services[service.name] ?? {};
  const scale = { replicas, autoscale };
  scaled(target, service.name, scale, { parent, dependsOn: [...target.ready] });
  const watch = consumerWatch(target, service);
  const deployment = new k8s.apps.v1.Deployment(
    service.name,
    {
      metadata: {
        name: service.name,
        namespace,
        labels: labelsOf(target, service.name),
        annotations: { "pulumi.com/timeoutSeconds": String(service.health.startupSeconds + 120) },
      },
      spec: {
        ...replicasOf(scale),
        revisionHistoryLimit: 3,
        // The new pod is ready before the old one goes: one more for a moment is what every service bears.
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        selector: { matchLabels: selectorOf(target, service.name) },
        template: podTemplate(target, {
          component: service.name,
          spread: (autoscale?.max ?? replicas) > 1 ? "replicas" : undefined,
          movable: uploads.length === 0,
          uid: Number(user),
          ...(group !== undefined && { gid: Number(group) }),
          stopGraceSeconds: service.stopGraceSeconds + withdrawSeconds,
          ...(service.needs.kafka?.reconnects === false &&
            parts.kafkaIdentity !== undefined && {
              annotations: { "beat-ecoprove.org/kafka": parts.kafkaIdentity },
            }),
          // A volume that one node writes: the next pod should start beside the one it follows. Not `required`: a pod that
          // leaves a closed node would keep its successor from every other one, and the scheduler does not look again when
          // it has gone (Kubernetes 1.34: five minutes).
          ...(uploads.length > 0 && {
            affinity: {
              podAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  {
                    weight: 100,
                    podAffinityTerm: {
                      topologyKey: "kubernetes.io/hostname",
                      labelSelector: { matchLabels: selectorOf(target, service.name) },
                    },
                  },
                ],
              },
            },
          }),
          scratch: [
            { name: "tmp", path: "/tmp" },
            ...(service.needs.signingKey
              ? [{ name: "key-home", path: parentOf(service.needs.signingKey.directory) }]
              : []),
          ],
          volumes: [
            ...(keys ? [{ name: "keys", secret: { secretName: keys.name, defaultMode: 0o440 } }] : []),
            ...uploads.map(({ name, claim }) => ({
              name,
              persistentVolumeClaim: { claimName: claim.metadata.name },
            })),
          ],
          ...((seeds.length > 0 || watch) && { initContainers: [...seeds, ...(watch ? [watch] : [])] }),
          containers: [
            {
              name: service.name,
              image,
              ...(sample && { args: [service.sample] }),
              env: Object.entries(resolved).map(([key, value]) =>
                environment[key]?.secret && env
                  ? { name: key, valueFrom: { secretKeyRef: { name: env.name, key } } }
                  : { name: key, value },
              ),
              ports: [{ name: "http", containerPort: service.port }],
              resources: resources(
                settings.services[service.name]?.memoryMiB ?? service.memoryMiB,
                settings.kubernetes.serviceCpu,
              ),
              startupProbe: { ...probe, ...startup(service.health.startupSeconds) },
              readinessProbe: { ...probe, ...probeTiming.readiness },
              livenessProbe: {
                ...(watch
                  ? { httpGet: { path: "/live", port: watchPort } }
                  : { tcpSocket: { port: "http" } }),
                ...probeTiming.liveness,
              },
              // Needs nothing in the image: the kubelet sleeps.
              lifecycle: { preStop: { sleep: { seconds: withdrawSeconds } } },
              volumeMounts: [
                ...(keys && service.needs.signingKey
                  ? [{ name: "keys", mountPath: service.needs.signingKey.directory, readOnly: true }]
                  : []),
                ...uploads.map(({ name, path }) => ({ name, mountPath: path })),
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
        ...parts.after(service),
        ...(env ? [env.resource] : []),
        ...(keys ? [keys.resource] : []),
      ],
    },
  );
  new k8s.core.v1.Service(
    service.name,
    {
      metadata: { name: service.name, namespace, labels: labelsOf(target, service.name) },
      spec: {
        selector: selectorOf(target, service.name),
        ports: [{ name: "http", port: service.port, targetPort: "http" }],
      },
    },
    { parent, dependsOn: [...target.ready] },
  );
  return deployment;
}

/** Port of the watch beside a service. */
const watchPort = 9465;

/**
 * A sidecar that knows whether the service's consumer still belongs to its group, for services whose consumer dies
 * with a broker and says nothing: the kubelet asks it whether the service is alive.
 */
function consumerWatch(
  target: ClusterTarget,
  service: ServiceModel,
): k8s.types.input.core.v1.Container | undefined {
  const { kafka } = service.needs;
  const at = target.addresses.get(storeHosts.kafka);
  if (kafka?.reconnects !== false || kafka.group === undefined || at === undefined) return undefined;
  return {
    name: consumerWatchName,
    image: target.images.provision,
    args: ["watch"],
    // An init container that goes on running: there before the service, gone after it.
    restartPolicy: "Always",
    env: [
      { name: "WATCH_BOOTSTRAP", value: `${at.host}:${at.port}` },
      { name: "WATCH_GROUP", value: kafka.group },
      { name: "WATCH_ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "WATCH_SERVICE_PORT", value: String(service.port) },
      { name: "WATCH_PORT", value: String(watchPort) },
    ],
    ports: [{ name: "watch", containerPort: watchPort }],
    readinessProbe: { tcpSocket: { port: "watch" }, ...probeTiming.readiness },
    livenessProbe: { tcpSocket: { port: "watch" }, ...probeTiming.liveness },
    resources: resources(128, "10m"),
  };
}

/** The user `node` of the sample image. */
const sampleUid = 1000;
/** For images that would run as root: restricted pods may not, and nothing in them needs it. */
const defaultUid = 10001;

const parentOf = (directory: string): string => directory.slice(0, directory.lastIndexOf("/"));

function serviceImage(
  target: ClusterTarget,
  service: ServiceModel,
  settings: Settings,
): pulumi.Input<string> {
  const source = sourceOf(service, settings);
  if (source === "sample") return target.images.sample;
  return "image" in source ? source.image : (builtReference(service, source) ?? "");
}

function secretObject(
  target: ClusterTarget,
  service: ServiceModel,
  data: Readonly<Record<string, pulumi.Input<string>>>,
  parent: pulumi.Resource,
): Content | undefined {
  if (Object.keys(data).length === 0) return undefined;
  return secret(target, { name: `${service.name}-env`, component: service.name, data }, parent);
}

function keysObject(
  target: ClusterTarget,
  service: ServiceModel,
  secrets: Secrets,
  parent: pulumi.Resource,
): Content | undefined {
  if (service.needs.signingKey === undefined) return undefined;
  return secret(
    target,
    {
      name: `${service.name}-keys`,
      component: service.name,
      data: { "private.pem": secrets.signingKey.privatePem, "public.pem": secrets.signingKey.publicPem },
    },
    parent,
  );
}
