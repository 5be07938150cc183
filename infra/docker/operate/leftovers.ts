import type Docker from "dockerode";
import type { PlatformModel } from "../../../config/define/model.ts";
import type { DockerSettings } from "../../../config/settings/schema.ts";
import { administratorSecret } from "../../../core/names.ts";
import { kindsWithLogin } from "../../../stores/index.ts";
import { type Check, earlierRun, failed, note, passed } from "../../operate/check.ts";
import type { StackState } from "../../operate/stack-state.ts";
import { secretsInState } from "../../secrets/kept.ts";
import { workloadsOf } from "../../workloads/plan.ts";
import { objectsOf } from "./engine.ts";

/** A stack on an engine, and what it is to be. */
export interface StackOnEngine {
  /** Its name, for a person. */
  readonly name: string;
  readonly engine: Docker;
  readonly platform: PlatformModel;
  readonly settings: DockerSettings;
  /** Name prefix of the stack on the engine. */
  readonly prefix: string;
}

/**
 * Whether an earlier run left something behind that the stack's state does not know. Volumes are taken up again, or lie there for
 * nobody, which is a note; one of a store whose password went with the state is a problem.
 */
export async function checkLeftovers(stack: StackOnEngine, state: StackState): Promise<Check[]> {
  const { engine, prefix } = stack;
  const known = new Set(state.resources.flatMap(({ id }) => (id === undefined ? [] : [id])));
  const found = await objectsOf(engine, prefix);
  const volumes = found.volumes.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  const { locked, unused } = sorted(stack, state, volumes);
  const strays = [
    ...found.containers.filter(({ id }) => !known.has(id)).map(({ container }) => `container ${container}`),
    ...found.networks.filter(({ id }) => !known.has(id)).map(({ name }) => `network ${name}`),
    ...locked.map((name) => `volume ${name}`),
  ];
  const notes = unused.map((name) =>
    note(
      `volume ${name}`,
      `no part of the platform uses it; docker volume rm ${name} deletes it with its data`,
    ),
  );
  return [...notes, leftByEarlierRun(stack, strays, locked.length > 0, state)];
}

/** What the state does not know, and operations that were stopped. @param locked volumes that nobody can open are among it. */
function leftByEarlierRun(
  { name, prefix }: StackOnEngine,
  strays: readonly string[],
  locked: boolean,
  { pending }: StackState,
): Check {
  if (strays.length > 0)
    return failed(earlierRun, {
      path: prefix,
      message: `an earlier run left ${strays.join(", ")}, which the stack's state does not know`,
      fix: locked
        ? `restore the state that made them (PULUMI_BACKEND_URL names where it is looked for), or delete them with their data: ./beat down --volumes --stack ${name}`
        : `./beat down --stack ${name}  (volumes and their data stay)`,
    });
  if (pending.length > 0)
    return failed(earlierRun, {
      path: prefix,
      message: `an earlier run was stopped in the middle of: ${pending.join(", ")}`,
      fix: `./beat down --stack ${name}  (volumes and their data stay), then ./beat up --stack ${name}`,
    });
  return passed(earlierRun, "nothing is left over");
}

/** Of volumes that the state does not know: those whose store would refuse everybody, and those that no part uses. */
function sorted(
  { platform, settings, prefix }: StackOnEngine,
  state: StackState,
  volumes: readonly string[],
): { readonly locked: readonly string[]; readonly unused: readonly string[] } {
  const workloads = workloadsOf(platform, { kind: "engine", settings, id: prefix, waitsForExit: false });
  const used = new Set(
    workloads.flatMap((workload) => workload.volumes.map(({ name }) => `${prefix}-${name}`)),
  );
  const passwords = new Set([
    ...Object.keys(settings.secrets),
    ...secretsInState(state.resources).map(({ name }) => name),
  ]);
  const opens = (volume: string): boolean => {
    const store = kindsWithLogin.find((kind) => volume.startsWith(`${prefix}-${kind}-`));
    return store === undefined || passwords.has(administratorSecret(store));
  };
  return {
    locked: volumes.filter((name) => used.has(name) && !opens(name)),
    unused: volumes.filter((name) => !used.has(name)),
  };
}
