import { counts } from "./attacker.ts";
import { longPaths, pipelining, refusedPipelining, tinyChunks, unreadPipelining } from "./flood.ts";
import { aborts, hangingUpstream, idleHoard, refusedHandshakes, slowReaders, slowWriters } from "./hold.ts";
import type { ScenarioName } from "./scenarios.ts";

/** `node hostile/load.ts SCENARIO PORT`: attacks a proxy until SIGTERM, then prints what it did as JSON and ends. */
const attacks: Readonly<Record<ScenarioName, () => unknown>> = {
  pipelining,
  refused: refusedPipelining,
  unread: unreadPipelining,
  paths: longPaths,
  readers: slowReaders,
  writers: slowWriters,
  handshakes: refusedHandshakes,
  idle: idleHoard,
  aborts,
  hang: hangingUpstream,
  chunks: tinyChunks,
};

process.on("SIGTERM", () => process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0)));
// Some attacks have nothing left to do while they hold what they opened.
setInterval(() => {}, 1000);
attacks[process.argv[2] as ScenarioName]();
