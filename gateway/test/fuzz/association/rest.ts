import { pause } from "../../support/client.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** A gateway that nobody uses. */
export interface Rest {
  /** Open files without connections to upstreams, which it may keep. */
  readonly files: number;
  readonly clients: number;
  readonly memory: number;
  readonly cpuMs: number;
}

/** Milliseconds until everything that lingers must be gone: the linger of old builds is 2 s and looked at once a second. */
const longest = 5_000;
/** What a heap that has seen more may keep. */
const slack = 64 * 1024 * 1024;

/**
 * Waits until the gateway is at rest, with the connections that it has ended still open at the client: those it must
 * let go of by itself.
 * @param before how it was after the warm-up; undefined when this is the warm-up.
 */
export async function judgeRest(world: World, subject: Subject, before: Rest | undefined): Promise<Rest> {
  const end = performance.now() + longest;
  let rest = look(subject);
  let busy = await busyGauges(subject);
  const ready = () => rest.clients === 0 && busy === "" && rest.files <= (before?.files ?? rest.files) + 2;
  while (!ready() && performance.now() < end && subject.exit === undefined) {
    await pause(100);
    rest = look(subject);
    busy = await busyGauges(subject);
  }
  if (subject.exit !== undefined) return rest;
  const tell = (kind: string, text: string) =>
    world.report(
      kind,
      0,
      `${text}, ${world.held.length} held open by clients, ${JSON.stringify(rest)} after ${JSON.stringify(before)}`,
    );
  if (rest.clients > 0) tell("sockets of clients are kept", `${rest.clients} of them`);
  else if (!ready() && busy === "") tell("open files are kept", `${rest.files} of them`);
  if (busy !== "") tell("gauges do not come back to 0", busy);
  if (before !== undefined && rest.memory > before.memory + slack)
    tell("memory is kept", `${Math.round(rest.memory / 1e6)} MB`);
  for (const socket of world.held.splice(0)) socket.destroy();
  return rest;
}

function look(subject: Subject): Rest {
  const { files, connections, memory, cpuMs } = subject.facts;
  const clients = connections.filter(({ local }) => local === subject.port).length;
  const own = connections.filter(({ local }) => local === subject.metricsPort).length;
  return { files: files - (connections.length - clients - own), clients, memory, cpuMs };
}

/** Gauges that are not 0 though nobody is there. */
async function busyGauges(subject: Subject): Promise<string> {
  try {
    const gauge = await subject.gauges();
    const all = [
      ["clients", gauge("gateway_client_connections")],
      ["in flight", gauge("gateway_requests_in_flight")],
      ["tunnels", gauge("gateway_tunnels")],
      ["busy upstream connections", gauge("gateway_upstream_connections", 'state="busy"')],
      ["waiting", gauge("gateway_upstream_waiting_requests")],
    ] as const;
    return all
      .filter(([, value]) => value !== 0)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  } catch (error) {
    return `no metrics: ${(error as Error).message}`;
  }
}
