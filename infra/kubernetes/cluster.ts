import { createHash, scrypt } from "node:crypto";
import { promisify } from "node:util";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Address } from "../../config/addresses.ts";
import type { PlatformModel } from "../../config/model.ts";
import type { Settings } from "../../config/settings.ts";

/** What every component of the Kubernetes target is given. */
export interface ClusterTarget {
  readonly platform: PlatformModel;
  readonly settings: Settings;
  readonly stack: string;
  readonly namespace: string;
  /** Resources that must be there before anything else is put into the namespace. */
  readonly ready: readonly pulumi.Resource[];
  /** Provider for what outlives a stack. */
  readonly retained: k8s.Provider;
  readonly addresses: ReadonlyMap<string, Address>;
  /** References of the project's own images. */
  readonly images: Readonly<Record<"gateway" | "provision" | "sample", pulumi.Input<string>>>;
}

/** Label that names a pod's part in the platform; network policies select by it. */
export const componentLabel = "app.kubernetes.io/component";

/** The namespace of a stack. */
export const namespaceOf = (platform: PlatformModel, settings: Settings, stack: string): string =>
  settings.kubernetes.namespace ?? `${platform.name}-${stack}`;

/** The recommended labels. Source: Kubernetes, "Recommended Labels". */
export const labelsOf = (target: Pick<ClusterTarget, "platform" | "stack">, component: string) => ({
  "app.kubernetes.io/part-of": target.platform.name,
  "app.kubernetes.io/instance": `${target.platform.name}-${target.stack}`,
  "app.kubernetes.io/managed-by": "pulumi",
  [componentLabel]: component,
});

/** What selects a component's pods; a subset of {@link labelsOf} that never changes. */
export const selectorOf = (target: Pick<ClusterTarget, "platform" | "stack">, component: string) => ({
  "app.kubernetes.io/instance": `${target.platform.name}-${target.stack}`,
  [componentLabel]: component,
});

/** The first 10 hexadecimal digits of the SHA-256 of a text. */
export const shortHash = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 10);

/** A hash over values of which none is secret. */
export const hashOf = (...values: pulumi.Input<string>[]): pulumi.Output<string> =>
  pulumi.all(values).apply((all) => shortHash(JSON.stringify(all)));

const derive = promisify<string, string, number, Buffer>(scrypt);

/**
 * A hash over secrets that may be shown: a short password could be found again from a fast hash, so this one costs
 * whoever tries tens of milliseconds each time, and another salt gives the same secret another hash.
 * Source: RFC 7914 (scrypt), with Node's default cost of 2^14.
 */
const secretHashOf = (salt: string, values: readonly pulumi.Input<string>[]): pulumi.Output<string> =>
  pulumi.unsecret(
    pulumi
      .all([...values])
      .apply(async (all) => (await derive(JSON.stringify(all), salt, 5)).toString("hex")),
  );

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
 * An immutable ConfigMap named by its content: a changed value makes a new object, rolls whoever names it, and only
 * then is the old one deleted. Users take the name from here, never from the object's output: an object that is replaced
 * would take a StatefulSet with it.
 */
export function configMap(target: ClusterTarget, args: ContentArgs, parent: pulumi.Resource): Content {
  const name = pulumi.interpolate`${args.name}-${hashOf(...sortedEntries(args))}`;
  const resource = new k8s.core.v1.ConfigMap(
    args.name,
    {
      metadata: { name, namespace: target.namespace, labels: labelsOf(target, args.component) },
      immutable: true,
      data: { ...args.data },
    },
    { parent, dependsOn: [...target.ready] },
  );
  return { name, resource };
}

/** As {@link configMap}, for what must not be shown. */
export function secret(target: ClusterTarget, args: ContentArgs, parent: pulumi.Resource): Content {
  const hash = secretHashOf(`${target.namespace}/${args.name}`, sortedEntries(args));
  const name = pulumi.interpolate`${args.name}-${hash}`;
  const resource = new k8s.core.v1.Secret(
    args.name,
    {
      metadata: { name, namespace: target.namespace, labels: labelsOf(target, args.component) },
      immutable: true,
      type: "Opaque",
      stringData: Object.fromEntries(
        Object.entries(args.data).map(([key, value]) => [key, pulumi.secret(value)]),
      ),
    },
    { parent, dependsOn: [...target.ready], additionalSecretOutputs: ["data", "stringData"] },
  );
  return { name, resource };
}

const sortedEntries = ({ data }: ContentArgs): pulumi.Input<string>[] =>
  Object.entries(data)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flat();
