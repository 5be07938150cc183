import type { PlatformModel } from "../config/define/model.ts";
import { requiredSecrets } from "../config/environment.ts";
import { floatingTags } from "../config/settings/floating-tags.ts";
import type { Settings } from "../config/settings/schema.ts";
import { checkStack } from "../config/settings/stack-check.ts";
import { stackNameProblems } from "../config/settings/stack-name.ts";
import type { Problem } from "../core/problems.ts";
import { sourceProblems } from "../infra/images/build-services.ts";
import { namespaceOf } from "../infra/kubernetes/labels.ts";
import { dataVersionProblems } from "../infra/operate/data-versions.ts";
import { fewerPartitions } from "../infra/operate/former-topics.ts";
import { movedStack } from "../infra/operate/moved.ts";
import type { StateResource } from "../infra/operate/stack-state.ts";
import { secretProblems } from "../infra/secrets/problems.ts";

/** What a run is made of, before anything is asked of the place it goes to. */
export interface Inputs {
  readonly platform: PlatformModel;
  readonly settings: Settings;
  readonly stack: string;
  /** The project's root folder. */
  readonly root: string;
  /** The stack's, as the last run left it. */
  readonly state: readonly StateResource[];
}

/**
 * Everything that is wrong with a stack's settings beside its definition and its state. The program refuses it, and so does each
 * command that shows or does what the program would: the same, and once.
 */
export function inputProblems({ platform, settings, stack, root, state }: Inputs): Problem[] {
  const onCluster = settings.target === "kubernetes";
  const moved = movedStack(state, {
    target: settings.target,
    platform: platform.name,
    stack,
    namespace: onCluster ? namespaceOf(platform, settings, stack) : undefined,
  });
  const all = [
    ...stackNameProblems(platform.name, stack, settings),
    ...checkStack(platform, settings),
    // A dev stack on an engine may follow whatever somebody builds; a cluster's nodes pull at times of their own.
    ...(onCluster || settings.environment === "Production" ? floatingTags(platform, settings) : []),
    ...sourceProblems(platform, settings, root),
    ...secretProblems(requiredSecrets(platform, settings), settings, stack),
    ...dataVersionProblems(platform, settings, state),
    ...fewerPartitions(platform, state),
    ...(moved === undefined ? [] : [moved]),
  ];
  const seen = new Set<string>();
  return all.filter(({ path, message }) => {
    const line = `${path}: ${message}`;
    return !seen.has(line) && seen.add(line);
  });
}
