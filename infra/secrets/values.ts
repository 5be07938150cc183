import { createPrivateKey, generateKeyPair, type KeyObject, randomInt } from "node:crypto";
import { promisify } from "node:util";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Phoenix wants at least 64 bytes of SECRET_KEY_BASE; 62^64 is ample for a password too. */
const passwordLength = 64;
/** NIST SP 800-57 part 1, table 2: the least for 112 bits of strength. */
const leastModulusBits = 2048;

/**
 * A new password: 64 letters and digits, which need no escape in a URL or a connection string. Which values a given one may have
 * says `config/settings/secret-rules.ts`.
 */
export function makePassword(): string {
  return Array.from({ length: passwordLength }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** A new RSA private key of 2048 bits, PKCS#8 PEM. */
export async function makePrivateKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: leastModulusBits });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Why a text cannot be the signing key; undefined when it can. Never quotes the text. */
export function validatePrivateKey(pem: string): string | undefined {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return "is not a private key that can be read (PEM, without a passphrase)";
  }
  if (key.asymmetricKeyType !== "rsa") return `is a key of type ${key.asymmetricKeyType}, not RSA`;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return bits < leastModulusBits
    ? `has ${bits} bits, ${leastModulusBits} are the least that is safe`
    : undefined;
}
