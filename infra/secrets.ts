import { createPrivateKey, createPublicKey, generateKeyPair, randomInt } from "node:crypto";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { InputError } from "../config/problems.ts";
import type { Settings } from "../config/settings.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Phoenix wants at least 64 bytes of SECRET_KEY_BASE; 62^64 is ample for a password too. */
const length = 64;

const makePassword = (): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");

/** The platform's RSA pair: PKCS#8 private key and its public key, both PEM. */
export interface SigningKey {
  readonly privatePem: pulumi.Output<string>;
  readonly publicPem: pulumi.Output<string>;
}

/**
 * The stack's secrets: given in the settings, or made once and kept, encrypted, in the stack's state. They are
 * protected: losing them while the volumes remain would lock everybody out of the databases.
 */
export class Secrets extends pulumi.ComponentResource {
  readonly signingKey: SigningKey;
  readonly #values = new Map<string, pulumi.Output<string>>();

  constructor(
    name: string,
    names: readonly string[],
    settings: Settings,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("beat:docker:Secrets", name, {}, opts);
    checkGiven(names, settings);
    for (const secret of names) {
      const given = settings.secrets[secret];
      this.#values.set(
        secret,
        given === undefined ? this.#keep(secret, makePassword()) : pulumi.secret(given),
      );
    }
    const privatePem =
      settings.signingKey === undefined
        ? this.#keep("signing-key", makePrivateKey())
        : pulumi.secret(settings.signingKey);
    const publicPem = privatePem.apply((pem) =>
      createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "pem" }).toString(),
    );
    this.signingKey = { privatePem, publicPem };
    this.registerOutputs();
  }

  /** A secret's value. @throws when it was not declared. */
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

async function makePrivateKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function checkGiven(names: readonly string[], settings: Settings): void {
  const unknown = Object.keys(settings.secrets).filter((secret) => !names.includes(secret));
  const missing = settings.generateSecrets
    ? []
    : names.filter((secret) => settings.secrets[secret] === undefined);
  const problems = [
    ...unknown.map((secret) => ({
      path: `platform:secrets.${secret}`,
      message: "no part of the platform has such a secret",
      fix: `remove it; known: ${names.join(", ")}`,
    })),
    ...missing.map((secret) => ({
      path: `platform:secrets.${secret}`,
      message: "is missing, and platform:generateSecrets is false",
      fix: `pulumi config set --secret --path 'platform:secrets.${secret}'`,
    })),
    ...(!settings.generateSecrets && settings.signingKey === undefined
      ? [
          {
            path: "platform:signingKey",
            message: "is missing, and platform:generateSecrets is false",
            fix: "pulumi config set --secret platform:signingKey < private.pem",
          },
        ]
      : []),
  ];
  if (problems.length > 0) throw new InputError("the stack's secrets are not complete", problems);
}
