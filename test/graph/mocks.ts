import * as pulumi from "@pulumi/pulumi";

/** One resource the program registered. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** The provider it goes through; empty for the default one. */
  readonly provider: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Runs a program under Pulumi's mocks and returns what it registered. */
export async function register(
  stack: string,
  config: Readonly<Record<string, string>>,
  program: () => Promise<unknown>,
): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, provider }) => {
        registered.push({
          type,
          name,
          provider: provider ?? "",
          inputs: unwrap(inputs) as Record<string, unknown>,
        });
        const state = {
          ...inputs,
          output: (inputs as { input?: unknown }).input,
          imageId: `sha256:${name}`,
          repoDigest: `sha256:${name}`,
        };
        return { id: `${name}-id`, state };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "beat-ecoprove",
    stack,
  );
  pulumi.runtime.setAllConfig({ ...config });
  await program();
  // Registration goes on behind the program's back: this waits for the last of it.
  await pulumi.runtime.disconnect();
  return registered;
}

/** The mark of a secret in Pulumi's wire format. */
const secretMark = "4dabf18193072939515e22adb298388d";

/** Values without their secret marks. */
function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  if (secretMark in value) return unwrap((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, unwrap(child)]));
}
