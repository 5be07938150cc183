import { createHash, scryptSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** One resource a program registered. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** The provider it goes through; empty for the default one. */
  readonly provider: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** How a program is run. */
export interface RegisterOptions {
  /** Values the stack's state keeps, by the name of their Stash; others are what the program proposes. */
  readonly kept?: ReadonlyMap<string, string>;
  /** Keep the marks of secret values, see {@link secretMark}. Default: values alone. */
  readonly marked?: boolean;
}

let mocked = false;

/** Whether this process runs programs under mocks: there is nothing to ask then. Pulumi's SDK has no call for this. */
export const underMocks = (): boolean => mocked;

/**
 * Runs a program under Pulumi's mocks, without plugin or engine, and returns what it registered. Once per process and
 * program: the mocks are global to Pulumi's runtime.
 */
export async function register(
  stack: string,
  config: Readonly<Record<string, string>>,
  program: () => Promise<unknown>,
  options: RegisterOptions = {},
): Promise<Registered[]> {
  const registered: Registered[] = [];
  mocked = true;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs: given, provider, id }) => {
        const inputs = type.startsWith("kubernetes:") ? named(type, name, given) : given;
        // What is only read has an id already, and belongs to somebody else.
        if (!id)
          registered.push({
            type,
            name,
            provider: provider ?? "",
            inputs: (options.marked ? inputs : unwrap(inputs)) as Record<string, unknown>,
          });
        const state = {
          ...inputs,
          output: options.kept?.get(name) ?? (inputs as { input?: unknown }).input,
          imageId: `sha256:${name}`,
          repoDigest: `sha256:${name}`,
        };
        return { id: `${name}-id`, state };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "beat-ecoprove",
    stack,
    // As a preview: what is only known on a target is not asked for.
    true,
    // What backends without organizations say.
    "organization",
  );
  pulumi.runtime.setAllConfig({ ...config });
  await program();
  // Registration goes on behind the program's back: this waits for the last of it.
  await pulumi.runtime.disconnect();
  return registered;
}

/**
 * An object of Kubernetes with a name: the provider makes one, with an end by chance, where the program leaves it out.
 * Here it follows from the content, so that what is rendered twice is the same.
 */
function named<T extends Readonly<Record<string, unknown>>>(type: string, name: string, inputs: T): T {
  const metadata = inputs.metadata as
    | { readonly name?: string; readonly namespace?: string; readonly annotations?: object }
    | undefined;
  if (metadata === undefined || metadata.name !== undefined) return inputs;
  const content = JSON.stringify(unwrap(inputs));
  // A password could be found again from a fast hash. Source: RFC 7914 (scrypt), with Node's default cost.
  const hash = type.endsWith(":Secret")
    ? scryptSync(content, `${metadata.namespace}/${name}`, 4)
    : createHash("sha256").update(content).digest();
  return {
    ...inputs,
    metadata: {
      ...metadata,
      // As the provider marks it.
      annotations: { ...metadata.annotations, "pulumi.com/autonamed": "true" },
      name: `${name}-${hash.toString("hex").slice(0, 8)}`,
    },
  };
}

/** The mark of a secret in Pulumi's wire format. */
const secretMark = "4dabf18193072939515e22adb298388d";
/** Its value where the marked thing is a secret. */
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Whether a value is a marked secret. */
export const isSecret = (
  value: unknown,
): value is { readonly value?: unknown; readonly plaintext?: string } =>
  typeof value === "object" && value !== null && secretMark in value;

/** A secret of a state that is to be imported, not yet encrypted: the inverse of {@link unwrap}. */
export const plaintextSecret = (value: unknown): object => ({
  [secretMark]: secretSignature,
  plaintext: JSON.stringify(value),
});

/** Values without their secret marks; those of an exported state (`plaintext`) as well. */
export function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value))
    return unwrap(value.plaintext === undefined ? value.value : (JSON.parse(value.plaintext) as unknown));
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, unwrap(child)]));
}
