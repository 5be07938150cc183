import { bucketSecrets } from "./bucket.ts";
import { headerSecretPrefix } from "./otlp-headers.ts";

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

/**
 * A header's value, as it stands in OTEL_EXPORTER_OTLP_HEADERS: a pod's environment is put together from secrets as they are, so
 * that nobody could encode it later. Source: W3C Baggage, section 3.3.1, baggage-octet.
 */
const headerValue: SecretRule = {
  pattern: /^(?:[!#$&-+.-:<-[\]-~-]|%[0-9A-Fa-f]{2}){1,4096}$/,
  message:
    "must be as receivers' pages show it for OTEL_EXPORTER_OTLP_HEADERS: printable ASCII with %20 for a blank, %2C for a comma, %25 for a percent sign, e.g. Bearer%20<token>",
  supplied: true,
};

/** The rule for the values of a secret. */
export const secretRule = (name: string): SecretRule =>
  ownRules[name] ?? (name.startsWith(headerSecretPrefix) ? headerValue : password);
