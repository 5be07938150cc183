import type { PlatformModel } from "../config/define/model.ts";
import { endingImages } from "../config/lifecycle.ts";
import type { Settings } from "../config/settings/schema.ts";
import { stackName } from "../core/names.ts";
import { InputError } from "../core/problems.ts";
import { checkDisk, checkEngine } from "../infra/docker/operate/checks.ts";
import { engineAddress, withScheme } from "../infra/engine/address.ts";
import { openEngine } from "../infra/engine/client.ts";
import { type Check, earlierRun, failed, note, passed } from "../infra/operate/check.ts";
import { restoringProblems } from "../infra/operate/restoring.ts";
import type { StackState } from "../infra/operate/stack-state.ts";
import { workloadsOf } from "../infra/workloads/plan.ts";
import type { Runtime } from "../infra/workloads/runtime.ts";
import type { Transform } from "../infra/workloads/transform.ts";
import { inputProblems } from "../stacks/input-problems.ts";
import { loadDefinition, loadTransform, projectRoot } from "../stacks/program.ts";
import { beatDirectory, unknown } from "./clone.ts";
import { checkPlugin, checkPulumi } from "./doctor-pulumi.ts";
import { abandonedBy, runUnderWay } from "./lock.ts";
import { beforeMade, refused } from "./new-stack.ts";
import { say } from "./output.ts";
import { EngineTarget } from "./targets/docker.ts";
import type { Target, TargetArgs } from "./targets/target.ts";
import { type OpenStack, openStack, pulumiRefusal, stateOf } from "./workspace.ts";

/** What a command works with. */
export interface Session extends TargetArgs {
  /** The state as it was when the stack was opened, where it was needed. */
  readonly state: StackState | undefined;
  /** What the stack runs on. */
  readonly target: Target;
  /** This command made the stack. */
  readonly made: boolean;
  /** Takes back a stack that this command made, as long as it holds nothing. */
  unmake(): Promise<void>;
}

/** What a command cannot do without. */
export interface SessionNeeds {
  /**
   * Make the stack when it is new; `for now`: it goes again with the command, which only reads; `where its remains are`: so does
   * this, and it is made only where the target has something of it, whose state was lost.
   */
  readonly create: boolean | "for now" | "where its remains are";
  /** A target that answers, and that the stack was made on. */
  readonly target: boolean;
  /** The stack's state. */
  readonly state?: boolean;
}

/** Opens a stack with its settings and definition. @throws {InputError} when one of them is not valid. */
export async function openSession(name: string, needs: SessionNeeds): Promise<Session> {
  const found = engineAddress();
  const opened = await openStack(name, found, {
    create: needs.create !== false,
    state: needs.state ?? false,
  });
  try {
    return await sessionOf(name, needs, opened, found);
  } catch (error) {
    throw await refused(name, opened, error);
  }
}

/** The engine that the stack's own settings name. */
export const engineSetting = (settings: Settings): string | undefined =>
  settings.target === "docker" ? settings.engine : undefined;

async function sessionOf(
  name: string,
  needs: SessionNeeds,
  { stack, settings, state, made, unmake }: OpenStack,
  found: string | undefined,
): Promise<Session> {
  const engine = engineSetting(settings);
  const address = engine === undefined ? found : withScheme(engine);
  const platform = await loadDefinition(settings.definition);
  const args: TargetArgs = {
    name,
    stack,
    settings,
    platform,
    transform: await triedTransform(platform, settings, name),
    engine: openEngine(address),
    address,
    prefix: stackName(platform.name, name),
    root: projectRoot,
    home: beatDirectory,
  };
  const target = await openTarget(args);
  if (needs.target) requirePassed(await target.reach(state), "the stack cannot be worked on from here");
  if (made && needs.create === "where its remains are") {
    if (!(await target.hasRemains())) throw new InputError("there is no such stack", [unknown(name)]);
    say(
      `  ! there is no state of ${name} here (PULUMI_BACKEND_URL may name it elsewhere), only what it left on its engine`,
    );
  }
  return { ...args, state, target, made, unmake };
}

/** What is wrong with a stack's transform is told before anything is done. @throws {InputError} when something is. */
async function triedTransform(
  platform: PlatformModel,
  settings: Settings,
  name: string,
): Promise<Transform | undefined> {
  const transform = await loadTransform(settings.transform);
  if (transform === undefined) return undefined;
  const id = stackName(platform.name, name);
  const runtime: Runtime =
    settings.target === "docker"
      ? { kind: "engine", settings, id, waitsForExit: false }
      : { kind: "cluster", settings, id, memberHost: (workload, member) => `${workload}-${member}` };
  workloadsOf(platform, runtime, transform);
  return transform;
}

/** A cluster's client is a second of loading: only for a stack that is on one. */
async function openTarget(args: TargetArgs): Promise<Target> {
  const { settings } = args;
  if (settings.target === "docker") return new EngineTarget({ ...args, settings });
  const { KubernetesTarget } = await import("./targets/kubernetes.ts");
  return new KubernetesTarget({ ...args, settings });
}

/** @throws {InputError} while another run of the stack is under way: what that one has made so far is no remains. */
export function requireAlone({ name, root }: Session): void {
  const other = runUnderWay(name, root);
  if (other !== undefined) throw new InputError("the stack is in use", [other]);
}

/** Looks at everything that `up` needs; changes nothing. */
export async function runChecks(session: Session): Promise<Check[]> {
  const { target, stack, platform, settings } = session;
  const other = runUnderWay(session.name, session.root);
  if (other !== undefined) return [failed("another run", other)];
  const left = abandonedBy(session.name, session.root);
  const lock =
    left.length === 0
      ? []
      : [note("lock", `a killed run left it (process ${left.join(", ")}); up and down remove it`)];
  const state = await stateIn(session);
  const [reached, pulumi, plugin] = await Promise.all([
    target.reach(state),
    checkPulumi(stack.workspace.pulumiCommand),
    checkPlugin(target.plugin),
  ]);
  const first = [...(await checkInputs(session)), ...reached, pulumi, plugin, ...lock];
  if (reached.some(({ ok }) => !ok)) return first;
  const others = await target.checks(state);
  const restoring = restoringProblems(await target.restoring(), "change");
  return [
    ...first,
    ...restoring.map((problem) => failed("restore", problem)),
    ...(lock.length === 0 ? others : others.map(besideLock)),
    ...endingImages(platform, settings, new Date()).map(({ text }) => note("image support", text)),
  ];
}

/** A check as it is told where a killed run has left its lock: that is left over. */
export const besideLock = (check: Check): Check =>
  check.name === earlierRun && check.ok ? passed(earlierRun, "nothing else is left over") : check;

/** The state as it was when the stack was opened. */
export const stateIn = async ({ state, stack, name }: Session): Promise<StackState> =>
  state ?? (await stateOf(stack.workspace, name));

/** What can be told without the place that a stack runs on; the program refuses it as well, under a plain `pulumi up`. */
export async function checkInputs(session: Session): Promise<Check[]> {
  const { resources } = await stateIn(session);
  const problems = inputProblems({ ...session, stack: session.name, state: resources });
  return problems.length === 0
    ? [passed("settings", "they fit the definition, and the stack stays where its data is")]
    : problems.map((problem) => failed(problem.path, problem));
}

/**
 * Looks at everything that `up` needs, also where a stack cannot be opened, for want of Pulumi, a passphrase or valid
 * settings: then those are problems beside the others.
 */
export async function diagnose(name: string): Promise<Check[]> {
  try {
    const session = await openSession(name, { create: "for now", target: false, state: true });
    try {
      const checks = await runChecks(session);
      return session.made ? toldBeforeMade(name, checks) : checks;
    } finally {
      await session.unmake();
    }
  } catch (thrown) {
    const error = thrown instanceof InputError ? thrown : pulumiRefusal(thrown, name);
    if (error === undefined) throw thrown;
    return [
      ...(await checkUsualEngine()),
      await checkPlugin(),
      await checkDisk(projectRoot),
      ...error.problems.map((problem) => failed(problem.path, problem)),
    ];
  }
}

function toldBeforeMade(name: string, checks: readonly Check[]): Check[] {
  const told = beforeMade(
    name,
    checks.flatMap(({ problem }) => problem ?? []),
  );
  return checks.map((check) =>
    check.problem === undefined ? check : { ...check, problem: told.shift() ?? check.problem },
  );
}

/** The engine that a stack without settings would use; nothing where it cannot be told, which is a problem of its own. */
async function checkUsualEngine(): Promise<Check[]> {
  try {
    const address = engineAddress();
    return [await checkEngine(openEngine(address), address)];
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

/** Refuses to go on when a check failed. @throws {InputError} with every failed check and its mend. */
export function requirePassed(checks: readonly Check[], what = "the stack cannot be brought up here"): void {
  const problems = checks.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  if (problems.length > 0) throw new InputError(what, problems);
}
