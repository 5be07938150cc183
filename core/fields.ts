import { z } from "zod";

/** A name of a Kubernetes object or namespace. Source: RFC 1123, section 2.1. */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be a DNS label: lower-case letters, digits and '-', at most 63 characters",
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
/** A range of addresses. */
export const cidr = z
  .string()
  .regex(/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/, "must be an address range such as 10.20.0.0/16");
/** When something is done. */
export const cron = z.string().regex(/^(\S+ ){4}\S+$/, "must be a cron schedule of five fields");

/** A PEM certificate, or a bundle of them. */
export const certificate = z
  .string()
  .regex(/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, "must be a PEM certificate");
