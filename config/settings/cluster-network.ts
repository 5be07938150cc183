import { z } from "zod";
import { cidr, dnsLabel, labelValue, port, qualifiedName } from "../../core/fields.ts";
import { uniqueList } from "../../core/validation.ts";

/** NodeLocal DNSCache, and the resolver that a cloud has on each node. Source: Kubernetes, "Using NodeLocal DNSCache". */
export const localDns: readonly string[] = ["169.254.20.10/32", "169.254.169.254/32"];

/** `platform:kubernetes.dns`: where the pods' names are resolved, for the network policy. */
export const dnsSchema = z.strictObject({
  namespace: dnsLabel.optional().describe("namespace of the DNS server's pods; default: kube-system"),
  podLabels: z
    .record(qualifiedName, labelValue)
    .optional()
    .describe("labels of its pods; default: any pod of the namespace"),
  port: port.optional().describe("port that its pods listen at, e.g. 5353 on OpenShift; default: 53"),
  addresses: uniqueList(cidr)
    .optional()
    .describe(
      `servers that are no pods of a namespace; default: ${localDns.join(", ")}, NodeLocal DNSCache and the resolver of a cloud's node`,
    ),
});

/** Where the pods' names are resolved. */
export type Dns = z.output<typeof dnsSchema>;

const family = z.enum(["IPv4", "IPv6"]);

/** `platform:kubernetes.ipFamilies`. */
export const ipFamiliesField = z
  .array(family)
  .min(1)
  .max(2)
  .refine((families) => new Set(families).size === families.length, "must name each family once")
  .optional()
  .describe(
    "address families of the Services, the first one first, e.g. [IPv4, IPv6] for both; default: the cluster's own. The first one of a Service that exists cannot change",
  );

/** `platform:kubernetes.uploads.accessMode`. */
export const accessMode = z
  .enum(["ReadWriteOnce", "ReadWriteMany"])
  .default("ReadWriteOnce")
  .describe(
    "ReadWriteOnce: one node mounts it, so a service with such a volume is down while it is rolled. ReadWriteMany, where the class has it (NFS, EFS, Filestore, CephFS): its new pod is ready before the old one goes. Of a claim that exists it cannot change",
  );
