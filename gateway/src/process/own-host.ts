/** Where a process that listens at a host is asked from the same machine: who listens everywhere is asked on loopback. */
export const ownHost = (host: string): string => {
  const everywhere: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "localhost" };
  return everywhere[host] ?? host;
};
