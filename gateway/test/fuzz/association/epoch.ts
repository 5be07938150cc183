import { eventually, pause } from "../../support/client.ts";
import { DeafAddress } from "../../support/deaf.ts";
import { Random } from "../random.ts";
import { runConnection } from "./client.ts";
import { Echo } from "./echo.ts";
import { judgeRest } from "./rest.ts";
import { type Ports, queue, rate, routes, upstreamNames } from "./routes.ts";
import { Subject } from "./subject.ts";
import { drainMs } from "./verdict.ts";
import type { World } from "./world.ts";

const lanes = 24;
/** Memory that a worker may take under load: less than the largest answer, which nobody may keep whole. */
const peakSlack = 56 * 1024 * 1024;
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** The life of one gateway: warm-up, rest, load, rest, and a drain under load. */
export interface EpochOptions {
  readonly seed: number;
  readonly workers: number;
  /** Milliseconds of the load; the warm-up takes a quarter of it. */
  readonly loadMs: number;
}

/** @returns what it took, for a person. */
export async function runEpoch(world: World, { seed, workers, loadMs }: EpochOptions): Promise<string> {
  world.begin();
  const random = new Random(seed);
  const echoes = await Promise.all(upstreamNames.map((name) => new Echo(name, world).listen()));
  const ports = Object.fromEntries(echoes.map(({ name, port }) => [name, port])) as Ports;
  // One address of each name is of no use: it refuses, or takes no connection at all.
  const deaf = await new DeafAddress().listen("127.0.0.8", ports.slow);
  const names = {
    "two.test": random.chance(0.5) ? ["127.0.0.9", "127.0.0.1"] : ["127.0.0.1", "127.0.0.9"],
    "slow.test": ["127.0.0.8", "127.0.0.1"],
  };
  const upstreamConnections = random.pick([24, 128]);
  const subject = new Subject();
  let next = seed;
  let generation = 0;
  let peak = 0;
  let sampling: NodeJS.Timeout | undefined;
  const table = () => JSON.stringify({ services: routes(ports, generation) });
  /** Clients for a time, or until they are told to stop. */
  const load = async (ms: number, goesOn: () => boolean = () => true) => {
    const end = performance.now() + ms;
    const lane = async () => {
      while (performance.now() < end && goesOn() && subject.exit === undefined && !world.full)
        await runConnection(world, subject.port, next++);
    };
    const disturbed = disturb(end);
    await Promise.all(Array.from({ length: lanes }, lane));
    await disturbed;
  };
  /** Other routes, tables that are none, and an upstream that dies and comes back. */
  const disturb = async (end: number) => {
    const mortal = echoes[upstreamNames.indexOf("mortal")] as Echo;
    while (performance.now() < end - 400 && world.drainAt === Number.POSITIVE_INFINITY) {
      await pause(200 + random.below(400));
      if (world.drainAt < Number.POSITIVE_INFINITY) break;
      if (random.chance(0.2)) subject.write('{"services": [{');
      else {
        generation++;
        subject.write(table());
      }
      subject.signal("SIGHUP");
      if (random.chance(0.6)) continue;
      const death = { from: performance.now(), to: Number.POSITIVE_INFINITY };
      world.deaths.push(death);
      await mortal.close();
      await pause(50 + random.below(150));
      await mortal.listen();
      death.to = performance.now();
    }
  };
  try {
    await subject.start({ workers, upstreamConnections, names, routes: routes(ports, generation) });
    const started = performance.now();
    const fresh = subject.facts.memory;
    sampling = setInterval(() => {
      peak = Math.max(peak, subject.facts.memory);
    }, 100);
    await load(loadMs / 4);
    const warm = await judgeRest(world, subject, undefined);
    const requests = world.requests;
    await load(loadMs);
    const after = await judgeRest(world, subject, warm);
    judgeLimits(world, workers, performance.now() - started);
    clearInterval(sampling);
    if (peak > fresh + workers * peakSlack)
      world.report("memory under load", seed, `${megabytes(fresh)} at first, ${megabytes(peak)} at the peak`);
    const perRequest = (after.cpuMs - warm.cpuMs) / Math.max(1, world.requests - requests);
    if (perRequest > mostCpuMs)
      world.report("too much processor time", seed, `${perRequest.toFixed(2)} ms a request`);
    const drained = await drain();
    return `epoch ${seed}, ${workers} workers, ${upstreamConnections} connections: ${perRequest.toFixed(2)} ms CPU a request, ${megabytes(fresh)} at first, ${megabytes(warm.memory)} when warm, ${megabytes(peak)} at the peak, ${megabytes(after.memory)} at the end, drained in ${Math.round(drained)} ms`;
  } catch (error) {
    world.report("the run failed", seed, `${(error as Error).stack}`);
    return `epoch ${seed} failed`;
  } finally {
    clearInterval(sampling);
    const { exit, stderr } = subject;
    if (exit !== undefined && (exit.code !== 0 || exit.signal !== null))
      world.report("the gateway died", seed, `${JSON.stringify(exit)}: ${stderr.slice(-1_500)}`);
    else if (stderr !== "") world.report("stderr is not empty", seed, stderr.slice(-1_500));
    await subject.stop().catch(() => {});
    for (const socket of world.held.splice(0)) socket.destroy();
    deaf.close();
    await Promise.all(echoes.map((echo) => echo.close()));
  }

  /** SIGTERM while clients go on; new ones come until a while after the listener must be closed. */
  async function drain(): Promise<number> {
    const loaded = load(2_000, () => performance.now() < world.drainAt + 1_200);
    await pause(300);
    const from = performance.now();
    world.drainAt = from;
    subject.signal("SIGTERM");
    if (random.chance(0.3)) {
      // Whoever writes the routes does not know of the drain.
      await pause(100 + random.below(600));
      subject.signal("SIGHUP");
    }
    await loaded;
    await eventually(
      () => subject.exit !== undefined || performance.now() > from + drainMs + 3_000,
      "the drain ends",
      drainMs + 5_000,
    );
    if (subject.exit === undefined)
      world.report(
        "a drain that does not end",
        seed,
        `${JSON.stringify(subject.facts.connections)}\n  ${subject.events.join("\n  ")}`,
      );
    return performance.now() - from;
  }
}

/** Processor time a request may take on average: a hundred times what a small one does. */
const mostCpuMs = 10;

/** Limits that are told once per epoch: what was let through in total, and whether what was refused was too much. */
function judgeLimits(world: World, workers: number, ms: number): void {
  const most = rate.burst + (rate.rate * ms) / 1_000;
  if (world.rated > most * 1.1 + 2)
    world.report(
      "more than the rate limit",
      0,
      `${world.rated} in ${Math.round(ms)} ms, ${Math.round(most)} are allowed`,
    );
  // A bucket is not empty before it has given what it holds; with more workers each may have a part.
  if (world.limited > 0 && world.rated < Math.floor(rate.burst / workers))
    world.report("less than the rate limit", 0, `${world.rated} let through, ${world.limited} refused`);
  for (const { span, seed, id } of world.shed) {
    const others = world.queued.filter(({ from, to }) => from <= span.to && span.from <= to).length - 1;
    // With more workers the places are divided.
    if (others < (workers === 1 ? queue.max : 1))
      world.report("shed though there was room", seed, `${id} beside ${others} others`);
  }
}
