import { createPrivateKey, createPublicKey } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../config/settings/schema.ts";
import { publicKeyName, signingKeyName } from "../../core/names.ts";
import type { StateResource } from "../operate/stack-state.ts";
import { releasedMark, secretsInState, unusedSecrets, warningOf } from "./kept.ts";
import { makePassword, makePrivateKey } from "./values.ts";

/** What {@link Secrets} is made from. */
export interface SecretsArgs {
  /** The names of all secrets that the platform needs, without the signing key. */
  readonly names: readonly string[];
  /** What secrets of services that were renamed were called before; default: none was. */
  readonly former?: Readonly<Record<string, readonly string[]>>;
  readonly settings: Settings;
  /** The stack's state as the last run left it. */
  readonly state: readonly StateResource[];
}

/**
 * The stack's secrets: given in the settings, or made once and kept, encrypted, in the stack's state. They are
 * protected: losing them while the volumes remain would lock everybody out of the databases. One that is not used any more
 * is let go of, and said; see {@link unusedSecrets}.
 */
export class Secrets extends pulumi.ComponentResource {
  readonly #values = new Map<string, pulumi.Output<string>>();
  /** Those the last run let go of: one that is needed again keeps its value and loses the mark. */
  readonly #marked: ReadonlySet<string>;

  constructor(name: string, args: SecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    // Its first name said `docker` on every target; stacks that know it by that keep what it made.
    super("beat:platform:Secrets", name, {}, { ...opts, aliases: [{ type: "beat:docker:Secrets" }] });
    const { names, settings, state, former = {} } = args;
    const kept = secretsInState(state);
    this.#marked = new Set(kept.filter(({ released }) => released).map(({ name: secret }) => secret));
    const isKept = (secret: string) => kept.some(({ name: known }) => known === secret);
    const settled = new Set<string>();
    for (const secret of names) {
      const given = settings.secrets[secret];
      const before = given === undefined ? former[secret]?.find(isKept) : undefined;
      if (before !== undefined) settled.add(before);
      if (given !== undefined) this.#values.set(secret, pulumi.secret(given));
      else if (before === undefined || !isKept(secret))
        this.#values.set(secret, this.#keep(secret, makePassword(), before));
      else {
        // A run before the rename was said has made another one: it makes way for the one that was in use.
        this.#values.set(secret, this.#keep(before, ""));
        settled.add(secret);
        if (!this.#marked.has(secret)) this.#letGo(secret);
      }
    }
    const privatePem =
      settings.signingKey === undefined
        ? this.#keep(signingKeyName, makePrivateKey())
        : pulumi.secret(settings.signingKey);
    const publicPem = privatePem.apply((pem) =>
      createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "pem" }).toString(),
    );
    this.#values.set(signingKeyName, privatePem);
    this.#values.set(publicKeyName, publicPem);
    const others = kept.filter(({ name: known }) => !settled.has(known));
    for (const secret of unusedSecrets(others, names, settings)) {
      if (secret.outcome === "held") this.#keep(secret.name, "");
      if (secret.outcome === "let go") this.#letGo(secret.name);
      // A promise that the engine awaits by itself.
      void pulumi.log.warn(warningOf(secret, pulumi.getStack()), this);
    }
    this.registerOutputs();
  }

  /** A secret's value; the keys that sign tokens are PEM: PKCS#8, and the public key's SPKI. @throws when it was not declared. */
  get(name: string): pulumi.Output<string> {
    const found = this.#values.get(name);
    if (found === undefined) throw new Error(`no secret is named ${name}`);
    return found;
  }

  /**
   * Keeps the first value: a Stash has its first output for good. Later runs propose another input, which `ignoreChanges` leaves
   * aside, except where it is the mark of a secret that was let go of.
   * @param before the name that it has had so far.
   */
  #keep(name: string, proposal: pulumi.Input<string>, before = name): pulumi.Output<string> {
    const stash = new pulumi.Stash(
      name,
      { input: pulumi.secret(proposal) },
      {
        parent: this,
        protect: true,
        ...(before !== name && { aliases: [{ name: before }] }),
        ...(!this.#marked.has(before) && { ignoreChanges: ["input"] }),
        additionalSecretOutputs: ["output", "input"],
      },
    );
    return pulumi.secret(stash.output) as pulumi.Output<string>;
  }

  /** Declares it once more, without protection and with the mark by which the next run knows that. */
  #letGo(name: string): void {
    new pulumi.Stash(
      name,
      { input: releasedMark },
      { parent: this, protect: false, additionalSecretOutputs: ["output"] },
    );
  }
}
