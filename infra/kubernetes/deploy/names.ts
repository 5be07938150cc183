import type { MemberHost } from "../../../stores/store.ts";

/** The Service by which the members of a set find each other. */
export const headlessName = (name: string): string => `${name}-members`;

/** How members of a set are named in a namespace. */
export const memberHostIn =
  (namespace: string): MemberHost =>
  (workload, member) =>
    `${workload}-${member}.${headlessName(workload)}.${namespace}.svc`;

/**
 * Seconds between the moment a pod is taken out of its Service and SIGTERM: longer than kube-proxy and the gateway
 * take to stop sending new connections there.
 */
export const withdrawSeconds = 5;
