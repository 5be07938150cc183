import { join } from "node:path";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import { InputError, type Problem } from "../core/problems.ts";
import { DeploymentError } from "../infra/operate/parts.ts";
import { type PlannedStep, risksOf } from "../infra/operate/risks.ts";
import { projectRoot } from "../stacks/program.ts";
import { confirmed } from "./confirm.ts";
import { withLock } from "./lock.ts";
import { say } from "./output.ts";
import { Progress } from "./progress.ts";
import { settledIn } from "./refresh.ts";
import type { Session } from "./session.ts";

/** Whether a stack is one that people ask about first. Those that do not say what they are are. */
export const isProduction = ({ settings }: Pick<Session, "settings">): boolean =>
  settings.environment === "Production";

/**
 * Shows what `up` would do to a stack in production, judges it by the rules of `policies/`, and asks. Dev is not asked about.
 * @returns whether to go on.
 * @throws {InputError} when a rule is broken, or nobody can be asked and `--yes` was not said: nothing has changed then.
 */
export async function confirmUp(session: Session, stack: Stack, yes: boolean): Promise<boolean> {
  if (!isProduction(session)) return true;
  say(`Looking at what would change of ${session.name}, which is production …`);
  // What would be read back as another would be replaced by a preview alone.
  const steps = await preview(stack, (await settledIn(session)) === undefined);
  const changed = steps.filter(({ op }) => shown.has(op));
  if (changed.length === 0) return true;
  for (const line of linesOf(changed)) say(`  ${line}`);
  const risks = risksOf(steps);
  say(risks.length === 0 ? "  Nothing with data in it is touched." : "  Things with data in them:");
  for (const risk of risks) say(`  ! ${risk}`);
  return confirmed({
    message: `Bring up ${session.name} like this?`,
    path: session.name,
    consequence: `is production, and ${changed.length} resources would change`,
    typed: "yes",
    fix: `./beat up --stack ${session.name} --yes`,
    yes,
  });
}

/** Asks before the state of a stack in production is bound to another cluster, which comes before everything else. */
export async function confirmAdopt(session: Session, yes: boolean): Promise<boolean> {
  if (!isProduction(session)) return true;
  return confirmed({
    message: `Bind ${session.name}, which is production, to this cluster for good?`,
    path: "--adopt-cluster",
    consequence: `binds ${session.name}, which is production, to another cluster`,
    typed: "yes",
    fix: `./beat up --stack ${session.name} --adopt-cluster --yes`,
    yes,
  });
}

/** What a preview shows of a run; steps that belong to a replacement are told once, as that. */
const shown = new Set(["create", "update", "replace", "delete", "import"]);

/** Creations are counted, everything else is a line. */
function linesOf(steps: readonly PlannedStep[]): string[] {
  const made = steps.filter(({ op }) => op === "create");
  const others = steps.filter(({ op }) => op !== "create");
  return [
    ...(made.length > 0 ? [`create ${made.length} resources`] : []),
    ...others.map(
      ({ op, type, urn }) => `${op} ${type.split(":").pop()?.toLowerCase()} ${urn.split("::").pop()}`,
    ),
  ];
}

/** @throws {InputError} with every broken rule. @throws {DeploymentError} when it cannot be previewed. */
async function preview(stack: Stack, refresh: boolean): Promise<PlannedStep[]> {
  const steps: PlannedStep[] = [];
  const broken: Problem[] = [];
  // Nothing is made yet: of what a run would say, only the platform's own warnings hold.
  const progress = new Progress((line) => line.startsWith("  !") && say(line));
  const onEvent = (event: EngineEvent): void => {
    progress.onEvent(event);
    const { resourcePreEvent: step, policyEvent: policy } = event;
    if (step !== undefined) {
      const { op, urn, type, diffs, old } = step.metadata;
      steps.push({ op, urn, type, diffs, retained: old?.retainOnDelete });
    }
    if (policy?.enforcementLevel === "mandatory") broken.push(problemOf(policy));
  };
  const policyPacks = [join(projectRoot, "policies/pack")];
  try {
    await withLock(stack, say, () =>
      stack.preview({ refresh, onEvent, policyPacks, color: "never", suppressOutputs: true }),
    );
  } catch (error) {
    if (broken.length > 0) throw new InputError("the change breaks the platform's rules", broken);
    for (const reason of new Set(progress.errors)) say(`✘ ${reason}`);
    if (progress.errors.length === 0) throw error;
    throw new DeploymentError("what would change cannot be previewed");
  }
  return steps;
}

/** A broken rule with its mend, which the rules write on a line of its own. */
function problemOf(policy: NonNullable<EngineEvent["policyEvent"]>): Problem {
  const [message = "", fix] = policy.message.replace(/<\{%[^%]*%\}>/g, "").split(/\n\s*fix: /, 2);
  return {
    path: `policy ${policy.policyName}`,
    message: message.trim(),
    fix: fix?.trim() ?? "see policies/",
  };
}

/** @throws {InputError} when a stack in production would lose these claims although nobody said `--volumes`. */
export function requireKept(name: string, lost: readonly string[]): void {
  if (lost.length === 0) return;
  throw new InputError("nothing was done", [
    {
      path: "kubernetes.volumes",
      message: `is "delete" in what runs, so taking ${name} down would delete ${lost.join(", ")} with their data`,
      fix: `keep it: pulumi config set --path platform:kubernetes.volumes retain --stack ${name}, then ./beat up --stack ${name}; or delete everything: ./beat down --volumes --stack ${name}`,
    },
  ]);
}

/**
 * Asks before a stack in production is taken down; its name is the answer.
 * @param named whether the command line itself names the stack: `--yes` to whatever BEAT_STACK says is none.
 * @throws {InputError} when nobody can be asked, and the command line does not say both.
 */
export function confirmDown(
  session: Pick<Session, "name" | "settings">,
  options: { readonly volumes: boolean; readonly yes: boolean; readonly named: boolean },
): Promise<boolean> {
  const { name } = session;
  const { volumes, yes, named } = options;
  return confirmed({
    message: volumes
      ? `Delete ${name}, which is production, with all its data? Type its name`
      : `Take ${name} down, which is production? Its data stays. Type its name`,
    path: name,
    consequence: volumes
      ? "is production, and would be deleted with all its data"
      : "is production, and would be taken down",
    typed: name,
    fix: `./beat down${volumes ? " --volumes" : ""} --stack ${name} --yes`,
    yes: yes && named,
  });
}
