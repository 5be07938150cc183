import { isIP } from "node:net";
import { z } from "zod";
import { faultOfAddress } from "./addresses.ts";

/** A name of a Kubernetes object or namespace. Source: RFC 1123, section 2.1. */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be a DNS label: lower-case letters, digits and '-', at most 63 characters",
  );
/** The value of a label. Source: Kubernetes, "Labels and Selectors". */
export const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
    "must be the value of a label: letters, digits, '.', '_' and '-', at most 63 characters",
  );
/** Bytes, in units that a cluster takes. */
export const quantity = z.string().regex(/^[1-9][0-9]*(Mi|Gi|Ti)$/, "must be a size such as 10Gi");
/** Processor time, in cores. */
export const cpu = z
  .string()
  .regex(/^([1-9][0-9]*m|[1-9][0-9]*(\.[0-9]+)?)$/, "must be a CPU amount such as 250m or 2");
/** A TCP port. */
export const port = z.number().int().min(1).max(65535);
/** A host name or an IPv4 address. */
export const host = z
  .string()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
    "must be a host name or an address, without port or scheme",
  );
const rangeRule =
  "must be an address range such as 10.20.0.0/16 or fd00::/8; one address alone is 10.20.0.1/32";
/** A range of addresses, as an API server and the gateway read it. */
export const cidr = z
  .string()
  .regex(/^[0-9a-fA-F.:]+\/(0|[1-9][0-9]{0,2})$/, { message: rangeRule, abort: true })
  .refine((text) => {
    const [address = "", bits] = text.split("/");
    const family = isIP(address);
    return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
  }, rangeRule);
const zoneRule = "must be a time zone such as Europe/Lisbon or Etc/UTC";
/** A name of the time zone database. */
export const timeZone = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]*$/, { message: zoneRule, abort: true })
  .refine((text) => {
    try {
      return text !== "Local" && new Intl.DateTimeFormat("en", { timeZone: text }) !== undefined;
    } catch {
      return false;
    }
  }, zoneRule);

/** A PEM certificate, or a bundle of them. */
export const certificate = z
  .string()
  .regex(/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, "must be a PEM certificate");

/** An address that a server listens at. */
export const ipAddress = z.string().superRefine((text, { addIssue }) => {
  const message = faultOfAddress(text);
  if (message !== undefined) addIssue({ code: "custom", message });
});

/** A server outside the platform that something connects to. A network policy knows addresses and no names. */
export const egress = z
  .strictObject({
    host: host
      .optional()
      .describe(
        "its name or address; with a name of the Internet's alone any address may be connected to, at that port",
      ),
    cidr: cidr.optional().describe("its addresses"),
    port: port.describe("its TCP port"),
  })
  .refine(({ host: name, cidr: range }) => name !== undefined || range !== undefined, {
    path: ["host"],
    message: "must be set, or cidr",
  });
