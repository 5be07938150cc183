import { isIP } from "node:net";
import { z } from "zod";
import { validateAddress } from "./addresses.ts";
import { validateCertificates } from "./certificates.ts";
import { validateHost, validatePublicHost } from "./host-names.ts";
import { tagPattern, validateReference, validateRegistry, validateRepository } from "./image-names.ts";
import { validateOrigin } from "./origins.ts";
import { validateFolder, validatePrefix, validateSuffix, validateUrlPath } from "./paths.ts";
import { validText } from "./validation.ts";
import { validateVariableName, validateVariableValue } from "./variables.ts";

/** A name of a Kubernetes object or namespace. Source: RFC 1123, section 2.1. */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be a DNS label: lower-case letters, digits and '-', at most 63 characters",
  );
/** A name that can be a host everywhere, a Service of a cluster as well: a letter first. Source: RFC 1035, section 2.3.1. */
export const hostLabel = validText((text) => {
  if (/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) return undefined;
  const message =
    "must be a DNS label: lower-case letters, digits and '-', a letter first, at most 63 characters";
  const write = text.toLowerCase().replaceAll(/[_.\s]+/g, "-");
  return /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(write) ? { message, write } : message;
});
/** The value of a label. Source: Kubernetes, "Labels and Selectors". */
export const labelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
    "must be the value of a label: letters, digits, '.', '_' and '-', at most 63 characters",
  );
/** A name of most Kubernetes objects: labels with dots between. Source: Kubernetes, "Object Names and IDs". */
export const dnsSubdomain = z
  .string()
  .regex(
    /^(?!.{254})[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    "must be a DNS subdomain: lower-case letters, digits, '-' and '.', at most 253 characters",
  );
/** A namespace that is not the cluster's own. */
export const namespaceField = dnsLabel.refine(
  (text) => !text.startsWith("kube-"),
  "must not begin with kube-, as the cluster's own namespaces do",
);
const qualified =
  /^(?:(?![^/]{254})[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
/** A key of a label or an annotation. Source: Kubernetes, "Labels and Selectors", syntax. */
export const qualifiedName = z
  .string()
  .regex(
    qualified,
    "must be a name such as example.org/name: letters, digits, '-', '_' and '.', at most 63 characters",
  );

/** Text that YAML reads as a number where nobody quotes it: a whole number has one spelling and is taken as that text. */
export const textOrNumber = <T extends z.ZodType<string, string>>(text: T) =>
  z.union([
    text,
    z
      .number()
      .int("must be quoted: YAML drops digits of such a number")
      .transform(String)
      .pipe(text as z.ZodType<string, string>),
  ]);

/** The most that the annotations of an object may have together. Source: Kubernetes, TotalAnnotationSizeLimitB. */
const annotationBytes = 256 * 1024;
/** Annotations of a Kubernetes object. */
export const annotations = z.record(qualifiedName, textOrNumber(z.string())).refine(
  (all) =>
    Object.entries(all)
      .flat()
      .reduce((sum, text) => sum + Buffer.byteLength(text), 0) <= annotationBytes,
  `must have at most ${annotationBytes / 1024} KiB together`,
);
/** Labels that a node must have. */
export const nodeLabels = z.record(qualifiedName, textOrNumber(labelValue));

/** Bytes, in units that a cluster takes. */
export const quantity = validText((text) => {
  const [, number, unit] = /^([1-9][0-9]{0,12})(Mi|Gi|Ti)$/.exec(text) ?? [];
  if (number === undefined) {
    const message = "must be a size such as 10Gi";
    const write = text.replace(
      /^([1-9][0-9]{0,5}) ?([MGT])i?B?$/i,
      (_, of: string, in_: string) => `${of}${in_.toUpperCase()}i`,
    );
    return write !== text && /^[1-9][0-9]*(Mi|Gi|Ti)$/.test(write) ? { message, write } : message;
  }
  // Clusters count bytes in 63 bits.
  const mebibytes = Number(number) * (unit === "Ti" ? 1024 ** 2 : unit === "Gi" ? 1024 : 1);
  return mebibytes < 2 ** 43 ? undefined : "must be less than 8Ei: no cluster counts more";
}, /^[1-9][0-9]{0,12}(Mi|Gi|Ti)$/);
const cpuText = z
  .string()
  .regex(
    /^(?=.*[1-9])([0-9]{1,7}m|[0-9]{1,4}(\.[0-9]{1,3})?)$/,
    "must be a CPU amount such as 250m, 0.5 or 2, no finer than 1m",
  );
/** Processor time, in cores; a number says the same as its text. */
export const cpu = z.union([cpuText, z.number().transform(String).pipe(cpuText)]);
/** A TCP port. */
export const port = z.number().int().min(1).max(65535);
/** A host name or an IPv4 address. */
export const host = validText(validateHost);
/** The host in people's address bars. */
export const publicHost = validText(validatePublicHost);
/** The name of an image, with its registry where that is not the usual one. */
export const imageRepository = validText(validateRepository);
/** A whole reference to an image. */
export const imageReferenceField = validText(validateReference);
/** A path of a URL. */
export const urlPath = validText(validateUrlPath);
/** Where a route begins. */
export const routePrefix = validText(validatePrefix);
/** How a file's name ends. */
export const fileSuffix = validText(validateSuffix);
const engineRule =
  "must be the address of an engine, such as unix:///run/podman/podman.sock, tcp://host:2376 or ssh://user@host";
/** Where a container engine is. */
export const engineField = validText((text) => {
  if (/^(unix|npipe):\/\/\/\S+$/.test(text)) return undefined;
  if (/^\/\S+$/.test(text)) return { message: engineRule, write: `unix://${text}` };
  // Of schemes that it does not know, URL takes any host; of http it takes what a socket can be opened to.
  const rest = /^(?:tcp|ssh|https?)(:\/\/[^\s/]\S*)$/.exec(text)?.[1];
  return rest !== undefined && URL.canParse(`http${rest}`) ? undefined : engineRule;
}, /^((unix|npipe):\/\/\/|(tcp|ssh|https?):\/\/)\S+$/);
/** A folder of a container that something is mounted at. */
export const folder = validText(validateFolder);
/** A web origin, or `*`. */
export const origin = validText(validateOrigin, /^(\*|[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+)$/);
/** The name of an environment variable. */
export const variableName = validText(validateVariableName, /^[A-Z][A-Z0-9_]*$/);
/** And its value. */
export const variableValue = validText(validateVariableValue);
/** What stands in front of names of images. */
export const registryField = validText(validateRegistry);
/** Where a git repository is: an address, or a path of this machine. */
export const gitRepository = z
  .string()
  .regex(
    /^(https?:\/\/[^\s/]+\/\S+|ssh:\/\/[^\s/]+\/\S+|git:\/\/[^\s/]+\/\S+|file:\/\/\/\S+|[\w.-]+@[\w.-]+:\S+|[./]\S+)$/,
    "must be the address of a git repository, such as https://example.org/service.git",
  );
/** The tag of an image. */
export const imageTag = z.string().regex(tagPattern, "must be an image tag");
/** Text that somebody can see. */
export const visible = z
  .string()
  .regex(/^[^\p{Cc}]*$/u, "must be one line of text")
  .regex(/^\S(.*\S)?$/su, "must not be empty, nor begin or end with a blank");
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
/** A PEM certificate, or a bundle of them. */
export const certificate = validText(validateCertificates, /-----BEGIN CERTIFICATE-----/);

/** An address that a server listens at. */
export const ipAddress = validText(validateAddress);

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
  })
  .refine(({ host: name }) => name === undefined || !/^(localhost|127\..*|0\.0\.0\.0)$/i.test(name), {
    path: ["host"],
    message: "must not be the machine itself: in a container that is the container",
  });
