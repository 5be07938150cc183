import { bucketSecrets } from "./bucket.ts";

/** Which values a secret may have. */
export interface SecretRule {
  readonly pattern: RegExp;
  /** The rule in words. */
  readonly message: string;
  /** Whether it always comes from outside: nobody makes one here. */
  readonly supplied: boolean;
}

/**
 * Passwords: the same value stands raw in a Postgres URL, an ADO connection string and a Mongo URL.
 */
const password: SecretRule = {
  pattern: /^[A-Za-z0-9]{8,128}$/,
  message: "must be 8 to 128 letters and digits, nothing else",
  supplied: false,
};

/** An object store chooses its keys itself, and they stand in no connection string. */
const ownRules: Readonly<Record<string, SecretRule>> = {
  // It stands in a header between "=" and "/". Source: AWS Signature Version 4, Authorization header.
  [bucketSecrets.accessKeyId]: {
    pattern: /^[A-Za-z0-9._-]{3,128}$/,
    message: "must be 3 to 128 letters, digits, '.', '_' and '-', nothing else",
    supplied: true,
  },
  [bucketSecrets.secretAccessKey]: {
    pattern: /^[\x21-\x7e]{8,256}$/,
    message: "must be 8 to 256 printable ASCII characters without a space",
    supplied: true,
  },
};

/** The rule for the values of a secret. */
export const secretRule = (name: string): SecretRule => ownRules[name] ?? password;
