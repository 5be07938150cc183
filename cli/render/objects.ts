import { InputError } from "../../core/problems.ts";
import { isSecret, register, unwrap } from "../../infra/graph/register.ts";
import type { StackState } from "../../infra/operate/stack-state.ts";
import { registered } from "../../stacks/program.ts";

/** An object as it is sent to the API server. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** What stands in a rendered object where a secret value was. */
export const withheld = "<withheld>";

/** What is rendered. */
export interface RenderArgs {
  readonly stack: string;
  /** The stack's configuration as Pulumi holds it, secrets in the clear: they name the objects they lie in. */
  readonly config: Readonly<Record<string, string>>;
  /** What the stack's state keeps of secrets that it made. */
  readonly kept?: ReadonlyMap<string, string>;
  /** Leave secret values in. */
  readonly showSecrets: boolean;
}

/**
 * The objects that `pulumi up` sends, by kind and name, without a cluster and without a plugin: the same program, run
 * with what only a cluster could answer left open.
 * @throws {InputError} when settings or definition are not valid, or the stack is none on Kubernetes.
 */
export async function rendered(args: RenderArgs): Promise<KubernetesObject[]> {
  const all = await register(args.stack, args.config, registered, {
    ...(args.kept && { kept: args.kept }),
    marked: true,
  });
  const objects = all
    .filter(({ type }) => isObject(type))
    .map(({ inputs }) => (args.showSecrets ? unwrap(inputs) : withhold(inputs)) as KubernetesObject);
  if (objects.length === 0)
    throw new InputError("nothing can be rendered", [
      {
        path: "platform:target",
        message: "the stack has no objects on Kubernetes",
        fix: "pulumi config set platform:target kubernetes",
      },
    ]);
  return sorted(objects);
}

/** The objects that a stack's state says were sent, in the same form as {@link rendered} with its secrets. */
export function sentObjects(state: StackState): KubernetesObject[] {
  return sorted(
    state.resources
      .filter(({ type, external }) => isObject(type) && !external)
      .map(({ inputs }) => unwrap(inputs) as KubernetesObject),
  );
}

/**
 * The same objects without what the provider draws by chance: the ends of names that it makes, wherever they are used.
 */
export function withStableNames(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const bases = new Map<string, string>();
  for (const { metadata } of objects) {
    const { annotations } = metadata as { readonly annotations?: Readonly<Record<string, string>> };
    if (annotations?.["pulumi.com/autonamed"] === "true")
      bases.set(metadata.name, metadata.name.replace(/-[0-9a-f]{8}$/, "-*"));
  }
  const based = (value: unknown): unknown => {
    if (typeof value === "string") return bases.get(value) ?? value;
    if (Array.isArray(value)) return value.map(based);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, based(child)]));
  };
  return sorted(objects.map((object) => based(object) as KubernetesObject));
}

/**
 * An object in the form the provider gives it before it is sent: a Secret's `stringData` as `data`, amounts of memory in
 * their largest unit, no empty annotations. Two objects that are equal in this form are the same to the API server.
 */
export function comparable(object: KubernetesObject): KubernetesObject {
  const { stringData, data, ...rest } = object as KubernetesObject & {
    stringData?: Record<string, string>;
    data?: Record<string, string>;
  };
  const encoded = Object.entries(stringData ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value).toString("base64"),
  ]);
  const whole =
    data === undefined && encoded.length === 0
      ? rest
      : { ...rest, data: { ...data, ...Object.fromEntries(encoded) } };
  return normal(whole) as KubernetesObject;
}

function normal(value: unknown, key?: string): unknown {
  if (Array.isArray(value)) return value.map((item) => normal(item));
  if (typeof value === "string" && (key === "memory" || key === "storage")) {
    const mebibytes = Number(/^(\d+)Mi$/.exec(value)?.[1]);
    return mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : value;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, child]) => !(name === "annotations" && Object.keys(child as object).length === 0))
      .map(([name, child]) => [name, normal(child, name)]),
  );
}

/** The name of an object's file. */
export const fileOf = ({ kind, metadata }: KubernetesObject): string =>
  `${kind.toLowerCase()}-${metadata.name}.yaml`;

const isObject = (type: string): boolean => type.startsWith("kubernetes:");

const sorted = (objects: KubernetesObject[]): KubernetesObject[] =>
  objects.sort((a, b) => (fileOf(a) < fileOf(b) ? -1 : 1));

/** A value without its secrets; the keys of a secret map stay. */
function withhold(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withhold);
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return withholdLeaves(unwrap(value));
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withhold(child)]));
}

function withholdLeaves(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withholdLeaves);
  if (typeof value !== "object" || value === null) return withheld;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withholdLeaves(child)]));
}
