import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { addressesOf } from "../../../config/addresses.ts";
import { sourceOf } from "../../../config/catalogue.ts";
import type { PlatformModel } from "../../../config/define/model.ts";
import { formerSecrets, requiredSecrets } from "../../../config/environment.ts";
import { observabilityOf } from "../../../config/settings/observability.ts";
import type { KubernetesSettings } from "../../../config/settings/schema.ts";
import { gatewayName, stackName } from "../../../core/names.ts";
import type { OwnProgram, Role } from "../../../core/workload.ts";
import { ownImage } from "../../images/own-images.ts";
import type { StateResource } from "../../operate/stack-state.ts";
import { Secrets } from "../../secrets/component.ts";
import { connectionsOf } from "../../workloads/connections.ts";
import { monitoredOf } from "../../workloads/monitored.ts";
import { ofRole, type Transform, workloadsOf } from "../../workloads/plan.ts";
import { claimsInState } from "../claims.ts";
import { namespaceOf } from "../labels.ts";
import { alertRules } from "./alert-rules.ts";
import { Backups } from "./backups.ts";
import { bindCluster } from "./binding.ts";
import type { ClusterTarget } from "./cluster.ts";
import { Monitors } from "./monitors.ts";
import { memberHostIn } from "./names.ts";
import { NetworkPolicies } from "./network-policies.ts";
import { type Running, Workloads } from "./workloads.ts";

/** What {@link KubernetesPlatform} is made from. */
export interface KubernetesPlatformArgs {
  readonly platform: PlatformModel;
  readonly settings: KubernetesSettings;
  readonly stack: string;
  /** The project's root folder, absolute. */
  readonly root: string;
  /** The stack's state as the last run left it; none for a new stack. */
  readonly state?: readonly StateResource[];
  /** Claims that an earlier stack of this name has left, where the state knows none of them. */
  readonly claims?: readonly string[];
  /** Which cluster this is; undefined in a preview. */
  readonly identity: string | undefined;
  /** Provider for what outlives a stack: it takes over what an earlier one left. */
  readonly retained: k8s.Provider;
  /** What a stack changes of its workloads. */
  readonly transform?: Transform | undefined;
}

/** The whole platform in one namespace of a cluster. */
export class KubernetesPlatform extends pulumi.ComponentResource {
  /** Where people reach it: name to URL. */
  readonly urls: Readonly<Record<string, pulumi.Output<string>>>;
  readonly namespace: string;

  constructor(name: string, args: KubernetesPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("beat:kubernetes:Platform", name, {}, opts);
    const { platform, settings, stack } = args;
    const parent = this;
    this.namespace = namespaceOf(platform, settings, stack);
    // First of all: what is wrong with a transform is told before anything is registered.
    const workloads = workloadsOf(
      platform,
      { kind: "cluster", settings, stack, id: this.namespace, memberHost: memberHostIn(this.namespace) },
      args.transform,
    );
    const namespace = new k8s.core.v1.Namespace(
      "namespace",
      {
        metadata: {
          name: this.namespace,
          labels: {
            "app.kubernetes.io/part-of": platform.name,
            "app.kubernetes.io/instance": stackName(platform.name, stack),
            // Source: Kubernetes, "Pod Security Admission".
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
            "pod-security.kubernetes.io/audit": "restricted",
          },
        },
      },
      // Claims that outlive the stack lie in it.
      {
        parent,
        provider: args.retained,
        dependsOn: bindCluster(stack, args.identity, parent),
        // Also where claims go with the stack: those of backups do not, whatever settings made them. `./beat down` removes it when it is empty.
        retainOnDelete: true,
      },
    );
    const target: ClusterTarget = {
      platform,
      settings,
      stack,
      namespace: this.namespace,
      ready: [namespace],
      retained: args.retained,
      addresses: addressesOf(platform, settings),
      images: references(args),
    };
    const secrets = new Secrets(
      "secrets",
      {
        names: requiredSecrets(platform, settings),
        former: formerSecrets(platform, settings),
        settings,
        state: args.state ?? [],
      },
      { parent },
    );
    const connections = connectionsOf(platform, settings, workloads);
    const network = new NetworkPolicies(
      "network-policies",
      target,
      { connections, monitored: monitoredOf(workloads) },
      { parent },
    );
    const inside: ClusterTarget = { ...target, ready: [namespace, ...network.policies] };
    const running: Running = new Map();
    const group = (type: string, groupName: string, role: Role) =>
      new Workloads(type, groupName, inside, ofRole(workloads, role), running, secrets, { parent });
    group("Retirements", "retirements", "retirement");
    group("Stores", "stores", "store");
    group("Provisioners", "provisioners", "provisioner");
    group("Services", "services", "service");
    const gateway = group("Gateway", gatewayName, "gateway").services.get(gatewayName);
    group("Tools", "tools", "tool");
    if (observabilityOf(settings).monitors === "prometheus-operator")
      new Monitors("monitors", inside, workloads, { parent });
    const claims = new Set([...(args.claims ?? []), ...claimsInState(args.state ?? [])]);
    new Backups("backups", inside, { workloads, secrets, claims }, { parent });
    alertRules(inside, parent);
    this.urls = urlsOf(settings, gateway);
    this.registerOutputs({ urls: this.urls });
  }
}

function references({ platform, settings, root }: KubernetesPlatformArgs): ClusterTarget["images"] {
  const sampled = Object.values(platform.services).some(
    (service) => sourceOf(service, settings) === "sample",
  );
  const reference = async (program: OwnProgram): Promise<string> =>
    (await ownImage(program, root, settings)).reference;
  return {
    gateway: pulumi.output(reference("gateway")),
    provision: pulumi.output(reference("provision")),
    sample: sampled ? pulumi.output(reference("sample")) : "",
  };
}

function urlsOf(
  settings: KubernetesSettings,
  gateway: k8s.core.v1.Service | undefined,
): Record<string, pulumi.Output<string>> {
  const { exposure } = settings.kubernetes;
  if (exposure.type === "ingress" || exposure.type === "gatewayApi")
    return { gateway: pulumi.output(`https://${settings.publicHost}/_gateway/ready`) };
  if (exposure.type === "loadBalancer" && gateway !== undefined) {
    const first = gateway.status.apply((status) => status?.loadBalancer?.ingress?.[0]);
    const suffix = exposure.port === 80 ? "" : `:${exposure.port}`;
    return {
      gateway: first.apply(
        (at) => `http://${at?.hostname ?? at?.ip ?? settings.publicHost}${suffix}/_gateway/ready`,
      ),
    };
  }
  return {};
}
