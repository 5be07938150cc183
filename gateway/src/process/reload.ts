import { readFileSync, stat, unwatchFile, watchFile } from "node:fs";
import type { RouteTable } from "../../../config/route-table.ts";
import type { AccessLog } from "../observe/access-log.ts";
import { parseRouteTable } from "../routing/parse.ts";
import { StartError } from "./start-error.ts";
import type { ReloadResult } from "./wiring.ts";

/** Milliseconds between two looks at the file: one `stat` each. */
const interval = 1_000;
/** Milliseconds in which a file must not change before it is read: it may be written in place, piece by piece. */
const settle = 200;

/**
 * The file of the routing table. What is compared is the checked table, so a file that was only touched or formatted
 * anew is no change.
 *
 * The path is polled once a second rather than watched: `stat` follows the path anew each time, so it sees a write in
 * place, a rename over the file and the swap of `..data` under a ConfigMap alike, also on file systems that send no
 * events (NFS, shares of a desktop engine), and takes no inotify instance, of which a host has 128 per user.
 */
export class RouteFile {
  readonly path: string;
  #current = "";

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Reads the table for the start.
   * @throws {StartError} naming the file, the field and the fix.
   */
  load(): RouteTable {
    const table = this.#read();
    this.#current = JSON.stringify(table);
    return table;
  }

  /**
   * Takes over each changed table, on SIGHUP or once the file changed; a bad one is logged, the old one stays.
   * @param take hands a valid table to those who route.
   * @param done counts.
   * @returns ends the watch.
   */
  watch(
    log: AccessLog,
    take: (table: RouteTable) => Promise<object> | object,
    done: (result: ReloadResult) => void = () => {},
  ): () => void {
    let turn = Promise.resolve();
    const reload = (cause: "signal" | "file") => {
      // One after the other: a table that takes long must not overtake the next.
      turn = turn.then(async () => {
        try {
          if (cause === "file") await settled(this.path);
          const table = this.#read();
          const text = JSON.stringify(table);
          if (text === this.#current) {
            if (cause === "signal") log.event("routes-unchanged", { cause });
          } else {
            const facts = await take(table);
            this.#current = text;
            log.event("routes-reloaded", { cause, routes: table.services.length, ...facts });
            done("reloaded");
          }
        } catch (error) {
          log.event("routes-kept", { cause, reason: (error as Error).message });
          done("kept");
        }
        log.flush();
      });
    };
    const onSignal = () => reload("signal");
    const onChange = () => reload("file");
    process.on("SIGHUP", onSignal);
    watchFile(this.path, { interval, persistent: false }, onChange);
    // What changed between the reading and the watcher's first look is no change to the watcher.
    const first = setTimeout(onChange, interval).unref();
    return () => {
      clearTimeout(first);
      process.off("SIGHUP", onSignal);
      unwatchFile(this.path, onChange);
    };
  }

  #read(): RouteTable {
    try {
      return parseRouteTable(JSON.parse(readFileSync(this.path, "utf8")));
    } catch (error) {
      throw new StartError(`GATEWAY_ROUTES: ${JSON.stringify(this.path)}: ${reasonOf(error as Error)}`, 2);
    }
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "does not exist: give the path of a routing table";
  if (error.code === "EISDIR") return "is a directory: give the path of a routing table";
  if (error.code === "EACCES") return "may not be read by this user: change its mode or owner";
  if (error instanceof SyntaxError)
    return `is not JSON: ${error.message.replaceAll(/\s+/g, " ")}: correct it there`;
  return error.message;
}

/** Resolves once the file's facts stay the same; a file that is not there is settled. */
async function settled(path: string): Promise<void> {
  const facts = () =>
    new Promise<string>((resolve) =>
      stat(path, { bigint: true }, (error, found) =>
        resolve(error ? "" : `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}`),
      ),
    );
  let before = await facts();
  // Bounded: a file that never rests is read as it is, and judged.
  for (let turns = 0; turns < 25; turns++) {
    await new Promise((resolve) => setTimeout(resolve, settle));
    const now = await facts();
    if (now === before) return;
    before = now;
  }
}
