import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { withoutKnown } from "../core/log-lines.ts";
import { InputError } from "../core/problems.ts";
import { isNote } from "../infra/operate/check.ts";
import { deletedClaims } from "../infra/operate/deleted-claims.ts";
import { DeploymentError } from "../infra/operate/parts.ts";
import { restoringProblems } from "../infra/operate/restoring.ts";
import type { StackState } from "../infra/operate/stack-state.ts";
import { confirmed } from "./confirm.ts";
import { secretsOf } from "./known-secrets.ts";
import { Live } from "./live/live.ts";
import { lockedProblem, locksIn, withLock } from "./lock.ts";
import { say } from "./output.ts";
import { confirmAdopt, confirmDown, confirmUp, isProduction, requireKept } from "./production.ts";
import { Progress } from "./progress.ts";
import { upRefreshed } from "./refresh.ts";
import { checkInputs, requireAlone, requirePassed, runChecks, type Session } from "./session.ts";
import type { Target } from "./targets/target.ts";
import { firstLine, keptSecrets, stateOf } from "./workspace.ts";

/** What `up` reports. */
export interface UpResult {
  readonly stack: string;
  readonly seconds: number;
  readonly changes: Readonly<Record<string, number>>;
  readonly urls: Readonly<Record<string, string>>;
}

/** How `up` goes about it. */
export interface UpOptions {
  /** Go on in a cluster that the stack was not made on. */
  readonly adoptCluster: boolean;
  /** Do not ask about a stack in production. */
  readonly yes: boolean;
  /** The result is for scripts. */
  readonly json?: boolean | undefined;
}

/**
 * Checks, asks where the stack is in production, deploys, and returns when the platform answers through its gateway.
 * @returns undefined when the answer was no.
 */
export async function up(session: Session, options: UpOptions): Promise<UpResult | undefined> {
  const { target } = session;
  requireAlone(session);
  // Before anything is built, or bound to another cluster.
  requirePassed(await checkInputs(session));
  if (options.adoptCluster && !(await confirmAdopt(session, options.yes))) return undefined;
  if (options.adoptCluster)
    await target.adopt(session.state ?? (await stateOf(session.stack.workspace, session.name)));
  // An image is looked for before it is built: where nothing answers it would be built for nobody.
  requirePassed(await target.reach(session.state));
  await target.beforeChecks();
  const checks = await runChecks(session);
  requirePassed(checks);
  for (const { name, detail } of checks.filter(isNote)) say(`  ${name}: ${detail}`);
  const stack = withoutReport(session.stack);
  if (!(await confirmUp(session, stack, options.yes))) return undefined;
  const start = Date.now();
  await target.afterChecks();
  say(`Bringing up ${session.name} …`);
  const progress = new Progress();
  const live = liveOf(session, options.json);
  const stopAssisting = target.assist();
  try {
    await withLock(stack, say, () =>
      upRefreshed(session, stack, {
        signal: live.ended,
        onEvent: both(live, progress),
        color: "never",
        suppressOutputs: true,
      }),
    );
    if (live.interrupted) throw new DeploymentError(interrupted.up);
  } catch (error) {
    live.stop();
    if (live.interrupted) throw new DeploymentError(interrupted.up);
    await explain(session, progress, error);
    throw new DeploymentError("the stack is not up");
  } finally {
    stopAssisting();
  }
  const urls = (progress.outputs.urls ?? {}) as Record<string, string>;
  await waitFor(target, urls, live);
  return {
    stack: session.name,
    seconds: (Date.now() - start) / 1000,
    changes: progress.changes,
    urls,
  };
}

/** Waits until what was brought up answers. @throws {DeploymentError} when somebody does not want to wait. */
export async function waitFor(
  target: Pick<Session["target"], "untilAnswering">,
  urls: Readonly<Record<string, string>>,
  live: Pick<Live, "phase" | "stop" | "ended">,
): Promise<void> {
  live.phase("waiting until it answers");
  try {
    await target.untilAnswering(urls, live.ended);
  } finally {
    live.stop();
  }
  if (live.ended.aborted) throw new DeploymentError(interrupted.wait);
}

/** What is under way, drawn where it can be. */
function liveOf(session: Session, json?: boolean): Live {
  const live = new Live({ json, lastWords: ({ name }) => session.target.lastWords(name) });
  live.hide(secretsOf(session));
  return live;
}

/** Pulumi does not always call a run that was cancelled failed, and what follows one would take away what is still in use. */
const interrupted = {
  up: "interrupted: the stack is not up; to go on: ./beat up",
  wait: "interrupted: everything is made, and whether it answers nobody waited for; see: ./beat status",
  down: "interrupted: the stack is not down; to go on: ./beat down",
} as const;

/** A step that has ended goes from the view before it is told. */
const both =
  (live: Live, progress: Progress) =>
  (event: EngineEvent): void => {
    live.onEvent(event);
    progress.onEvent(event);
  };

/**
 * The Automation API ends every run by asking the CLI thrice, for outputs and history: a second, for what the events
 * have told already.
 */
function withoutReport(stack: Stack): Stack {
  const none = { outputs: async () => ({}), history: async () => [] };
  return Object.assign(Object.create(stack) as Stack, none);
}

/** Says why: Pulumi's own words, then what the target knows of every part that is not well. */
async function explain(session: Session, progress: Progress, error: unknown): Promise<void> {
  const reasons = new Set(progress.errors.length > 0 ? progress.errors : [reasonOf(error)]);
  for (const reason of reasons) say(`✘ ${reason}`);
  const text = [...reasons, String(error)].join("\n");
  if (/currently locked by/.test(text)) say(`  fix: ${lockedProblem(session.name, locksIn(text)).fix}`);
  if (/incorrect passphrase/.test(text))
    say("  fix: set PULUMI_CONFIG_PASSPHRASE to the passphrase the stack was made with");
  const secrets = secretsOf(session);
  for (const line of await session.target.explain()) say(`  ${withoutKnown(line, secrets)}`);
}

/** Pulumi's own error line out of a failed command's report. */
function reasonOf(error: unknown): string {
  return /^\s*(?:stderr: )?error: (.+)$/m.exec(String(error))?.[1] ?? firstLine(error);
}

/** What `down` leaves on an engine: volumes, and the secrets that open what is in them. */
const dataIn = ({ resources }: StackState): string[] =>
  resources
    .filter(({ type }) => type === "docker:index/volume:Volume" || type === "pulumi:index:Stash")
    .map(({ urn }) => urn);

/** `pulumi state …`, for which the Automation API has no call. */
async function changeState(session: Session, args: readonly string[]): Promise<void> {
  const { workspace } = session.stack;
  await execa(workspace.pulumiCommand.command, ["state", ...args, "--yes", "--stack", session.name], {
    cwd: workspace.workDir,
    env: { ...workspace.envVars },
  });
}

/** @throws {InputError} when the state was lost without which nobody knows what a namespace holds of the stack, beside its data. */
export function requireKnown(
  {
    name,
    made,
    target,
  }: { readonly name: string; readonly made: boolean; readonly target: Pick<Target, "place"> },
  volumes: boolean,
): void {
  const place = target.place();
  if (!made || volumes || place === undefined) return;
  throw new InputError("nothing was done", [
    {
      path: name,
      message: `its state was lost, so what it runs in namespace ${place.namespace} cannot be told from its data`,
      fix: `restore the state (PULUMI_BACKEND_URL names where it is looked for), or delete the namespace with its data, but for backups: ./beat down --volumes --stack ${name}`,
    },
  ]);
}

/**
 * Takes the stack down. Volumes and secrets stay, so that `up` finds its data again, unless `volumes` is said, or the
 * stack was brought up with `kubernetes.volumes: delete`; in production that is refused without `--volumes`.
 * @returns the claims that went without `volumes`; `undefined` when the answer was no.
 */
export async function down(
  session: Session,
  options: {
    readonly volumes: boolean;
    readonly yes: boolean;
    readonly named: boolean;
    /** The result is for scripts. */
    readonly json?: boolean | undefined;
  },
): Promise<readonly string[] | undefined> {
  requireAlone(session);
  requireKnown(session, options.volumes);
  // Whose data goes anyway needs no restore.
  const restoring = options.volumes ? [] : restoringProblems(await session.target.restoring(), "take down");
  if (restoring.length > 0) throw new InputError("nothing was done", restoring);
  const lost = options.volumes
    ? []
    : deletedClaims((await stateOf(session.stack.workspace, session.name)).resources);
  if (isProduction(session)) {
    requireKept(session.name, lost);
    if (!(await confirmDown(session, options))) return undefined;
  } else if (lost.length > 0) {
    const goOn = await confirmed({
      message: `Take ${session.name} down? kubernetes.volumes is "delete": ${lost.join(", ")} are deleted with their data`,
      path: "kubernetes.volumes",
      consequence: `is "delete": ${lost.join(", ")} would be deleted with their data`,
      yes: options.yes,
    });
    if (!goOn) return undefined;
  } else if (options.volumes) {
    const goOn = await confirmed({
      message: `Delete all data of ${session.name}?`,
      path: "--volumes",
      consequence: "deletes all data of the stack",
      yes: options.yes,
    });
    if (!goOn) return undefined;
  }
  const progress = new Progress();
  const stack = withoutReport(session.stack);
  const live = liveOf(session, options.json);
  try {
    await withLock(stack, say, async () => {
      const state = await stateOf(stack.workspace, session.name);
      live.hide(keptSecrets(state).values());
      const data = dataIn(state);
      // A `down --volumes` that was interrupted has lifted the protection: what it has not deleted stays from now on.
      if (options.volumes) await changeState(session, ["unprotect", "--all"]);
      else if (data.length > 0) await changeState(session, ["protect", ...data]);
      // After what takes the stack's lock: containers of a run that is still under way are not remains.
      await session.target.beforeDown();
      await stack.destroy({
        excludeProtected: !options.volumes,
        refresh: true,
        signal: live.ended,
        onEvent: both(live, progress),
        color: "never",
      });
    });
    if (live.interrupted) throw new DeploymentError(interrupted.down);
  } catch (error) {
    live.stop();
    if (live.interrupted) throw new DeploymentError(interrupted.down);
    await explain(session, progress, error);
    throw new DeploymentError("the stack is not down");
  } finally {
    live.stop();
  }
  await session.target.afterDown(options.volumes);
  return lost;
}
