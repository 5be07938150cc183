import { isIP } from "node:net";

/** Where something outside the platform is, as far as anybody said. A network policy knows no names of hosts. */
export interface ExternalEndpoint {
  /** Its addresses. */
  readonly cidr?: string | undefined;
  /** The namespace of the cluster it runs in. */
  readonly namespace?: string | undefined;
}

/** One direction in which a component opens connections. Everything that is no connection is denied. */
export interface Connection {
  /** Component that connects. */
  readonly from: string;
  /** Component that listens, or the name of a store that somebody else runs. */
  readonly to: string;
  readonly port: number;
  /** Set when `to` is outside the platform. */
  readonly outside?: ExternalEndpoint;
}

/**
 * Where a server outside the platform is. A name such as `service.namespace.svc.cluster.local` tells the namespace: its
 * pods are named to the policy then, since a range of addresses means no pods to some networks (Cilium).
 */
export function externalEndpoint({
  host,
  cidr,
}: {
  readonly host: string;
  readonly cidr?: string | undefined;
}): ExternalEndpoint {
  if (cidr !== undefined) return { cidr };
  const literal = host.replace(/^\[(.*)\]$/, "$1");
  if (isIP(literal) !== 0) return { cidr: `${literal}/${isIP(literal) === 4 ? 32 : 128}` };
  return {
    namespace: /^[a-z0-9-]+(?:\.[a-z0-9-]+)?\.([a-z0-9-]+)\.svc(\.cluster\.local)?\.?$/.exec(host)?.[1],
  };
}

/** Host and port of a URL of the Web. */
export function addressOfUrl(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url);
  const defaultPort = protocol === "https:" ? 443 : 80;
  return { host: hostname, port: port === "" ? defaultPort : Number(port) };
}

/** Connections in a stable order. */
export const sorted = (connections: readonly Connection[]): Connection[] =>
  [...connections].sort((a, b) => `${a.from} ${a.to} ${a.port}`.localeCompare(`${b.from} ${b.to} ${b.port}`));
