import { X509Certificate } from "node:crypto";
import { bucketOf } from "../../../config/settings/backups.ts";
import { externalStores } from "../../../config/settings/schema.ts";
import { storeKinds } from "../../../stores/index.ts";
import { selecting } from "../promql.ts";
import type { Alerts, Case, Subject } from "./rule.ts";

const day = 86_400;

/** Authorities that the stack's settings hold, by what they are of. */
function authorities({ settings }: Subject): [string, string][] {
  const external = externalStores(settings);
  const ofStores = storeKinds.flatMap((kind): [string, string][] => {
    const store = external[kind] as { readonly ca?: string | undefined } | undefined;
    return store?.ca === undefined ? [] : [[kind, store.ca]];
  });
  const ofBucket = bucketOf(settings)?.ca;
  return [
    ...ofStores,
    ...(ofBucket === undefined ? [] : [["the backups' bucket", ofBucket] as [string, string]]),
  ];
}

/** When the last of the certificates in a text ends, seconds: where one is replaced, both stand in it. */
function endOf(pem: string): number {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return Math.max(...found.map((each) => Math.floor(Date.parse(new X509Certificate(each).validTo) / 1000)));
}

/** The certificate that the gateway is reached with, where cert-manager makes it. */
function publicOne({ settings }: Subject): Case[] {
  if (settings.target !== "kubernetes") return [];
  const { exposure } = settings.kubernetes;
  if (exposure.type !== "ingress" || exposure.tlsSecret === undefined) return [];
  // The certificate that an Ingress asks for is called as its secret. Source: cert-manager, "Annotated Ingress resource".
  // cert-manager is in a namespace of its own, and what it calls the one of a certificate depends on who scrapes.
  const series = selecting({})("certmanager_certificate_expiration_timestamp_seconds", {
    name: exposure.tlsSecret,
  });
  return [
    {
      expr: `min(${series}) - time() < ${7 * day}`,
      labels: { certificate: exposure.tlsSecret },
      summary: `the certificate of ${settings.publicHost} ends within a week`,
    },
  ];
}

/** Certificates that end. */
export const certificateAlerts = {
  CertificateEnds: {
    severity: "critical",
    means:
      "A certificate ends within a week (an authority in the settings: within a month). After that nobody connects.",
    steps: [
      "the gateway's: see why cert-manager does not renew it, in the events of its Certificate",
      "a store's or a bucket's: set the new authority as `platform:external.<kind>.ca` or `platform:backups.to.bucket.ca`, then `./beat up`",
    ],
    cases: (subject) => [
      ...publicOne(subject),
      ...authorities(subject).map(([of, pem]) => ({
        // Known when the rules are made: nobody needs to measure it.
        expr: `vector(${endOf(pem)}) - time() < ${30 * day}`,
        labels: { certificate: of },
        summary: `the authority of ${of} ends within a month`,
      })),
    ],
  },
} as const satisfies Alerts;
