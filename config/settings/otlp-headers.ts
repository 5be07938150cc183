import { z } from "zod";
import { textOrNumber } from "../../core/fields.ts";
import { toBeRemoved, validText } from "../../core/validation.ts";

/** What names of secrets that are headers' values begin with: whoever runs the receiver has chosen those. */
export const headerSecretPrefix = "otlp-";

/** Fields that who sends sets itself. Source: RFC 9110 and 9112. */
const ownFields =
  /^(connection|content-encoding|content-length|content-type|expect|host|te|trailer|transfer-encoding|upgrade)$/i;

/** Source: RFC 9110, section 5.1: a field's name is a token. */
const headerName = z
  .string()
  .regex(
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/,
    "must be the name of a header: letters, digits and '-', at most 128 characters",
  )
  .refine((name) => !ownFields.test(name), "is a header that the sender sets itself");

const secretName = validText((text) => {
  if (/^otlp-[a-z0-9]([a-z0-9-]{0,56}[a-z0-9])?$/.test(text)) return undefined;
  const message = "must be otlp- and lower-case letters, digits and '-' behind it, at most 63 characters";
  const write = `${headerSecretPrefix}${text.toLowerCase().replace(/^otlp[-_.]?/, "")}`.replaceAll(
    /[_.\s]+/g,
    "-",
  );
  return /^otlp-[a-z0-9]([a-z0-9-]{0,56}[a-z0-9])?$/.test(write) ? { message, write } : message;
});

/** Source: RFC 9110, section 5.5: a field's value, without what is obsolete. */
const plain = textOrNumber(
  z
    .string()
    .regex(
      /^[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?$/,
      "must be 1 to 1024 printable ASCII characters, without a blank at either end",
    ),
);

/** Headers of requests to a receiver: each is plain text, or the name of a secret whose value it has. */
export const headersSchema = z
  .record(
    headerName,
    z.union([
      plain,
      z.strictObject({ secret: secretName.describe("name of the secret that is its value: otlp-…") }),
    ]),
  )
  .superRefine((headers, { addIssue }) => {
    const first = new Map<string, string>();
    for (const name of Object.keys(headers)) {
      const other = first.get(name.toLowerCase());
      if (other === undefined) first.set(name.toLowerCase(), name);
      else
        addIssue({
          code: "custom",
          path: [name],
          message: `is the same header as ${other}`,
          params: toBeRemoved,
        });
    }
  });

/** Whether a header is called as those are that carry a credential, which must not stand in the clear. */
export const isCredential = (header: string): boolean =>
  /auth|key|token|secret|pass|cred|cookie|signature/i.test(header);

/** A name for the secret of a header. */
export const secretForHeader = (header: string): string =>
  `${headerSecretPrefix}${
    header
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-+|-+$/g, "")
      .slice(0, 50) || "header"
  }`;
