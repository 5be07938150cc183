import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What Linux tells of a process and its children. */
export interface ProcessFacts {
  /** Open files and sockets. */
  readonly files: number;
  /** Open TCP connections, by their ports here and there; listening ones have none there. */
  readonly connections: readonly { readonly local: number; readonly remote: number }[];
  /** Resident bytes. */
  readonly memory: number;
  /** Processor time used, milliseconds. */
  readonly cpuMs: number;
}

/** The process and its children, as far as they are still there. */
export function processFacts(pid: number): ProcessFacts {
  const all = family(pid);
  const tcp = tcpByInode();
  const links = all.flatMap((one) => filesOf(one));
  const connections = new Map(
    links.flatMap((link) => {
      const found = tcp.get(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? "");
      return found === undefined || found.remote === 0 ? [] : [[link, found] as const];
    }),
  );
  return {
    files: links.length,
    connections: [...connections.values()],
    memory: all.reduce(
      (sum, one) => sum + Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${one}/status`))?.[1] ?? 0) * 1024,
      0,
    ),
    cpuMs: all.reduce((sum, one) => sum + cpuOf(one), 0),
  };
}

function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(family)];
}

/** User and system time, in ticks of 10 ms; a name in parentheses comes before them. */
function cpuOf(pid: number): number {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
}

function tcpByInode(): Map<string, { local: number; remote: number }> {
  const found = new Map<string, { local: number; remote: number }>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"])
    for (const line of read(file).split("\n").slice(1)) {
      const [, local = "", remote = "", , , , , , , inode = "0"] = line.trim().split(/\s+/);
      if (inode !== "0") found.set(inode, { local: portOf(local), remote: portOf(remote) });
    }
  return found;
}

const portOf = (address: string): number => Number.parseInt(address.split(":")[1] ?? "0", 16);

function filesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${name}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

/** A file's text; nothing when the process has just gone. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
