import type { Command } from "commander";
import { shown } from "../../core/issues.ts";
import { gatewayName, signingKeyName } from "../../core/names.ts";
import { InputError } from "../../core/problems.ts";
import type { Way } from "../../infra/operate/inside.ts";
import { DeploymentError } from "../../infra/operate/parts.ts";
import { Door } from "../../infra/verify/door.ts";
import type { Tried } from "../../infra/verify/tried.ts";
import { publicPart, verify } from "../../infra/verify/verify.ts";
import { command } from "../command.ts";
import { heedLeave } from "../leave.ts";
import { print, printJson, say } from "../output.ts";
import { type Session, stateIn } from "../session.ts";
import { keptSecrets } from "../workspace.ts";

/** What `verify` reports. */
interface Report {
  readonly stack: string;
  readonly gateway: string;
  readonly ok: boolean;
  readonly seconds: number;
  /** What a journey made and left, as it was announced. */
  readonly announced: readonly string[];
  readonly tried: readonly Tried[];
}

const marks = { passed: "✔", failed: "✘", skipped: "-" } as const;

/** Tries a running stack as its clients use it. */
export function verifyCommand(beat: Command): void {
  command(
    beat,
    "verify",
    "try the running stack through its gateway: routes, health, keys, headers, WebSockets, stores, consumers",
    { create: "where its remains are", target: true, state: true },
    async (session, options) => {
      const { json = false, journey = false, url } = options as Wishes;
      const way = await wayTo(session, url);
      try {
        const report = await verifyStack(session, way, { json, journey });
        if (report === undefined) return;
        if (!report.ok) process.exitCode = 1;
        if (json) printJson(report);
        else print(summary(report));
      } finally {
        way.close();
      }
    },
  )
    .argument("[stack]", "stack to work on, like --stack")
    .option("--journey", "sign somebody up as well: says what data that makes, and removes what it can")
    .option("--url <base>", "another address of the gateway, such as https://app.example.org");
}

interface Wishes {
  readonly json?: boolean;
  readonly journey?: boolean;
  readonly url?: string;
}

/** A way to the gateway, or why there can be none. */
type WayOrNone = Way & { readonly gone?: string };

/** @throws {DeploymentError} when the stack is down. */
async function wayTo(session: Session, url: string | undefined): Promise<WayOrNone> {
  const { name, target } = session;
  const state = await stateIn(session);
  const parts = await target.parts(state);
  if (parts.length === 0) throw new DeploymentError(`${name} is not up; bring it up: ./beat up`);
  if (url !== undefined) return { base: baseOf(url), close: () => {} };
  const stack = state.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const urls = (stack?.outputs?.urls ?? {}) as Record<string, string>;
  const missing = parts.find((part) => part.name === gatewayName && part.missing === true);
  if (missing !== undefined)
    return {
      base: urls.gateway === undefined ? gatewayName : new URL(urls.gateway).origin,
      gone: `${missing.name} ${missing.status}`,
      close: () => {},
    };
  return target.inside().gateway(urls);
}

/** @throws {InputError} when it is no address. */
function baseOf(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "")
    return url.origin;
  throw new InputError("nothing was tried", [
    {
      path: "--url",
      message: `${shown(text)} is not the address of a gateway`,
      fix: "write it with its scheme and without a path, such as http://localhost:9000",
    },
  ]);
}

async function verifyStack(
  { name, target, platform, settings, state, transform }: Session,
  { base, note, gone }: WayOrNone,
  { json, journey }: { readonly json: boolean; readonly journey: boolean },
): Promise<Report | undefined> {
  const start = performance.now();
  if (!json) print(`${name} through ${base}${note === undefined ? "" : `, ${note}`}\n`);
  const announced: string[] = [];
  const tried: Tried[] = [];
  const subject = {
    platform,
    settings,
    transform,
    door: new Door(base),
    gone,
    inside: target.inside(),
    publicKey: publicPart(settings.signingKey ?? keptSecrets(state).get(signingKeyName)),
  };
  const ended = new AbortController();
  let travels = false;
  const heedless = heedLeave((code) => {
    process.exitCode = code;
    if (!travels) process.exit(code);
    ended.abort();
    say("  ! interrupted: what the journey made is removed; Ctrl-C again ends it where it stands");
  });
  const announce = (lines: readonly string[]): void => {
    travels = true;
    announced.push(...lines);
    say("the journey makes:");
    for (const line of lines) say(`  ${line}`);
  };
  const removed = (one: Tried) => say(lineOf(one));
  try {
    for await (const one of verify(subject, { journey, announce, removed, ended: ended.signal })) {
      tried.push(one);
      if (!json && !ended.signal.aborted) print(lineOf(one));
    }
  } finally {
    if (!ended.signal.aborted) heedless();
  }
  // The exit code says that it was.
  if (ended.signal.aborted) return undefined;
  return {
    stack: name,
    gateway: base,
    ok: tried.every(({ result }) => result !== "failed"),
    seconds: (performance.now() - start) / 1000,
    announced,
    tried,
  };
}

const lineOf = ({ what, name, result, ms, detail }: Tried): string =>
  `${marks[result]} ${what.padEnd(9)} ${name.padEnd(46)} ${`${ms} ms`.padStart(8)}  ${detail}`;

function summary({ stack, ok, seconds, tried }: Report): string {
  const count = (result: Tried["result"]) => tried.filter((each) => each.result === result).length;
  const counts = `${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} not tried`;
  const hint = ok ? "" : `\nwhat is not well: ./beat status, ./beat logs <name>`;
  return `\n${ok ? `${stack} works` : `${stack} does not work`}: ${counts}, in ${seconds.toFixed(1)} s${hint}`;
}
