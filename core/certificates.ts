import { X509Certificate } from "node:crypto";

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Why a text is no PEM certificate nor a bundle of them; undefined when it is one. What stands between them is for people. */
export function validateCertificates(pem: string): string | undefined {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    return "must be a certificate, and has a private key in it";
  const found = pem.match(block) ?? [];
  if (found.length === 0 || found.length !== pem.split("-----BEGIN CERTIFICATE-----").length - 1)
    return "must be a PEM certificate";
  const broken = found.findIndex((text) => {
    try {
      new X509Certificate(text);
      return false;
    } catch {
      return true;
    }
  });
  if (broken === -1) return undefined;
  return found.length === 1
    ? "must be a PEM certificate, and cannot be read as one"
    : `must be PEM certificates, and number ${broken + 1} cannot be read as one`;
}
