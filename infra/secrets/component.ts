import { createPrivateKey, createPublicKey } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../config/settings/schema.ts";
import { publicKeyName, signingKeyName } from "../../core/names.ts";
import { makePassword, makePrivateKey } from "./values.ts";

/**
 * The stack's secrets: given in the settings, or made once and kept, encrypted, in the stack's state. They are
 * protected: losing them while the volumes remain would lock everybody out of the databases.
 */
export class Secrets extends pulumi.ComponentResource {
  readonly #values = new Map<string, pulumi.Output<string>>();

  constructor(
    name: string,
    names: readonly string[],
    settings: Settings,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    // Its first name said `docker` on every target; stacks that know it by that keep what it made.
    super("beat:platform:Secrets", name, {}, { ...opts, aliases: [{ type: "beat:docker:Secrets" }] });
    for (const secret of names) {
      const given = settings.secrets[secret];
      this.#values.set(
        secret,
        given === undefined ? this.#keep(secret, makePassword()) : pulumi.secret(given),
      );
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
    this.registerOutputs();
  }

  /** A secret's value; the keys that sign tokens are PEM: PKCS#8, and the public key's SPKI. @throws when it was not declared. */
  get(name: string): pulumi.Output<string> {
    const found = this.#values.get(name);
    if (found === undefined) throw new Error(`no secret is named ${name}`);
    return found;
  }

  /** Keeps the first value: later runs propose another one, which `ignoreChanges` leaves aside. */
  #keep(name: string, proposal: pulumi.Input<string>): pulumi.Output<string> {
    const stash = new pulumi.Stash(
      name,
      { input: pulumi.secret(proposal) },
      { parent: this, protect: true, ignoreChanges: ["input"], additionalSecretOutputs: ["output", "input"] },
    );
    return pulumi.secret(stash.output) as pulumi.Output<string>;
  }
}
