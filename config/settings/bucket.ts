import { z } from "zod";
import { certificate, cidr, quantity } from "../../core/fields.ts";
import { validateHost } from "../../core/host-names.ts";
import { validText } from "../../core/validation.ts";

/** Host and port, and nothing behind them: paths, logins and queries are no part of an S3 endpoint. */
const endpoint = validText((text) => {
  const rule =
    "must be https:// or http:// and a host, with a port where it is not the usual one, and nothing behind it";
  if (/^https?:\/\/[^/?#@\s]+\/?$/.test(text) && URL.canParse(text)) {
    const { hostname } = new URL(text);
    return hostname.startsWith("[") || validateHost(hostname) === undefined ? undefined : rule;
  }
  const write = `https://${text}`;
  return /^[a-z0-9.-]+(:\d+)?$/.test(text) && URL.canParse(write) ? { message: rule, write } : rule;
}, /^https?:\/\/[^/?#@\s]+\/?$/);

/** Source: Amazon S3, "General purpose bucket naming rules". */
const bucketName = z
  .string()
  .regex(
    /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "must be the name of a bucket: 3 to 63 lower-case letters, digits, '.' and '-'",
  );

/** Source: Amazon S3, "Naming Amazon S3 objects", safe characters. */
const prefix = z
  .string()
  .regex(
    /^(?!.{513})(?!.*(^|\/)\.{1,2}(\/|$))[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/,
    "must be letters, digits, '.', '_' and '-', with '/' between and none at the ends",
  );

/** `platform:backups.to.bucket`: an S3-compatible bucket that backups go to. It must exist. */
export const bucketSchema = z
  .strictObject({
    endpoint: endpoint.describe("address of the S3 API, e.g. https://s3.example.org"),
    name: bucketName.describe("the bucket; it must exist"),
    region: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, "must be the name of a region, such as eu-central-1")
      .default("us-east-1")
      .describe("region that requests are signed for"),
    prefix: prefix
      .optional()
      .describe("folder in the bucket; default: the stack's namespace, so that stacks can share a bucket"),
    provider: z
      .string()
      .regex(/^[A-Za-z0-9]{1,40}$/, "must be a provider that rclone knows, such as AWS, Cloudflare or Minio")
      .default("Other")
      .describe("what rclone calls the server's kind; it works around what each kind does its own way"),
    spool: quantity
      .default("10Gi")
      .describe("the most that the dumps of one store may take on the node until they are in the bucket"),
    ca: certificate
      .optional()
      .describe("authority of the server's certificate; default: those that everybody trusts"),
    cidr: cidr
      .optional()
      .describe("addresses of the server, for the network policy; default: any address, at that port alone"),
  })
  .refine(({ ca, endpoint }) => ca === undefined || endpoint.startsWith("https:"), {
    path: ["ca"],
    message: "is of no use: the endpoint is http://",
  });

/** An S3-compatible bucket that backups go to. */
export type Bucket = z.output<typeof bucketSchema>;

/** The secrets that a bucket needs. Whoever runs it makes them. */
export const bucketSecrets = {
  accessKeyId: "backups-access-key-id",
  secretAccessKey: "backups-secret-access-key",
} as const;
