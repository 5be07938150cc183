import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Address } from "../../../config/addresses.ts";
import type { PlatformModel } from "../../../config/define/model.ts";
import type { KubernetesSettings } from "../../../config/settings/schema.ts";
import type { OwnProgram } from "../../../core/workload.ts";
import { labelsOf } from "../labels.ts";

/** What every component of the Kubernetes target is given. */
export interface ClusterTarget {
  readonly platform: PlatformModel;
  readonly settings: KubernetesSettings;
  readonly stack: string;
  readonly namespace: string;
  /** Resources that must be there before anything else is put into the namespace. */
  readonly ready: readonly pulumi.Resource[];
  /** Provider for what outlives a stack. */
  readonly retained: k8s.Provider;
  readonly addresses: ReadonlyMap<string, Address>;
  /** References of the project's own images. */
  readonly images: Readonly<Record<OwnProgram, pulumi.Input<string>>>;
}

/** What a Service says of its address families: nothing where the stack leaves them to the cluster. */
export function ipFamilySpec({ settings }: ClusterTarget): k8s.types.input.core.v1.ServiceSpec {
  const { ipFamilies } = settings.kubernetes;
  if (ipFamilies === undefined) return {};
  // Two that are asked for and not had would be found out by those who cannot connect.
  return {
    ipFamilies: [...ipFamilies],
    ipFamilyPolicy: ipFamilies.length > 1 ? "RequireDualStack" : "SingleStack",
  };
}

/** The first 10 hexadecimal digits of the SHA-256 of a text. */
export const shortHash = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 10);

interface ContentArgs {
  readonly name: string;
  readonly component: string;
  readonly data: Readonly<Record<string, pulumi.Input<string>>>;
}

/** An immutable object and the name that its users mount it by. */
export interface Content {
  readonly name: pulumi.Output<string>;
  readonly resource: pulumi.Resource;
}

/**
 * An immutable ConfigMap: a changed value makes a new object under a new name, rolls whoever names it, and only then is
 * the old one deleted. Pulumi makes the names: one that followed from the content would be taken when a deployment has
 * failed and the former values come back, since what it replaced is only deleted at the end of one that succeeds.
 */
export function configMap(target: ClusterTarget, args: ContentArgs, parent: pulumi.Resource): Content {
  const resource = new k8s.core.v1.ConfigMap(
    args.name,
    {
      metadata: { namespace: target.namespace, labels: labelsOf(target, args.component) },
      immutable: true,
      data: { ...args.data },
    },
    { parent, dependsOn: [...target.ready] },
  );
  return { name: resource.metadata.name, resource };
}

/** As {@link configMap}, for what must not be shown. */
export function secret(target: ClusterTarget, args: ContentArgs, parent: pulumi.Resource): Content {
  const resource = new k8s.core.v1.Secret(
    args.name,
    {
      metadata: { namespace: target.namespace, labels: labelsOf(target, args.component) },
      immutable: true,
      type: "Opaque",
      stringData: Object.fromEntries(
        Object.entries(args.data).map(([key, value]) => [key, pulumi.secret(value)]),
      ),
    },
    { parent, dependsOn: [...target.ready], additionalSecretOutputs: ["data", "stringData"] },
  );
  return { name: resource.metadata.name, resource };
}
