import { confirm, isCancel } from "@clack/prompts";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { InputError } from "../config/problems.ts";
import { urlsOf } from "../infra/docker/urls.ts";
import { buildImages } from "./build-images.ts";
import { containersOf, lastWords, objectsOf } from "./engine.ts";
import { withLock } from "./lock.ts";
import { Progress } from "./progress.ts";
import { examine, insist, type Session } from "./session.ts";
import { firstLine, stateOf } from "./workspace.ts";

/** A deployment that was tried and failed; what was wrong has been printed. */
export class DeploymentError extends Error {
  override readonly name = "DeploymentError";
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** What `up` reports. */
export interface UpResult {
  readonly stack: string;
  readonly seconds: number;
  readonly changes: Readonly<Record<string, number>>;
  readonly urls: Readonly<Record<string, string>>;
}

/** Checks, deploys, and returns when the platform answers through its gateway. */
export async function up(session: Session): Promise<UpResult> {
  const start = Date.now();
  await buildImages(session, { onlyMissing: true });
  insist(await examine(session));
  say(`Bringing up ${session.name} …`);
  const progress = new Progress();
  const stack = withoutReport(session.stack);
  try {
    await withLock(stack, say, () =>
      stack.up({
        // A container that somebody removed or stopped is only noticed by a refresh.
        refresh: true,
        onEvent: progress.onEvent,
        color: "never",
        suppressOutputs: true,
      }),
    );
  } catch (error) {
    await explain(session, progress, error);
    throw new DeploymentError("the stack is not up");
  }
  const urls = urlsOf(session.platform, session.settings);
  await untilAnswering(urls);
  return {
    stack: session.name,
    seconds: (Date.now() - start) / 1000,
    changes: progress.changes,
    urls,
  };
}

/**
 * The Automation API ends every run by asking the CLI thrice, for outputs and history: a second, for what the events
 * have told already.
 */
function withoutReport(stack: Stack): Stack {
  const none = { outputs: async () => ({}), history: async () => [] };
  return Object.assign(Object.create(stack) as Stack, none);
}

async function untilAnswering(urls: Readonly<Record<string, string>>): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (const [name, url] of Object.entries(urls))
    for (;;) {
      const status = await fetch(url, { signal: AbortSignal.timeout(5000), redirect: "manual" }).then(
        (response) => response.status,
        () => 0,
      );
      // Mongo Express wants a login: 401 is an answer.
      if ((status >= 200 && status < 400) || status === 401) break;
      if (Date.now() > deadline) {
        say(`✘ ${name}: ${url} answers ${status || "nothing"}`);
        throw new DeploymentError("the platform does not answer");
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
}

/** Says why: Pulumi's own words, then the last words of every container that is not well. */
async function explain(session: Session, progress: Progress, error: unknown): Promise<void> {
  const reasons = new Set(progress.errors.length > 0 ? progress.errors : [reasonOf(error)]);
  for (const reason of reasons) say(`✘ ${reason}`);
  const text = [...reasons, String(error)].join("\n");
  if (/currently locked by/.test(text))
    say(`  fix: if no other run is under way: pulumi cancel --stack ${session.name}`);
  if (/incorrect passphrase/.test(text))
    say("  fix: set PULUMI_CONFIG_PASSPHRASE to the passphrase the stack was made with");
  for (const container of await containersOf(session.engine, session.prefix).catch(() => [])) {
    if (container.ok) continue;
    say(`  ${container.name}: ${container.status}`);
    for (const line of await lastWords(session.engine, container.id, 10)) say(`    ${line}`);
  }
}

/** Pulumi's own error line out of a failed command's report. */
function reasonOf(error: unknown): string {
  return /^\s*(?:stderr: )?error: (.+)$/m.exec(String(error))?.[1] ?? firstLine(error);
}

/** Takes the stack down. Volumes and secrets stay, so that `up` finds its data again, unless `volumes` is said. */
export async function down(
  session: Session,
  options: { readonly volumes: boolean; readonly yes: boolean },
): Promise<void> {
  if (options.volumes && !options.yes) {
    if (!process.stdin.isTTY)
      throw new InputError("nothing was deleted", [
        { path: "--volumes", message: "deletes all data of the stack", fix: "say --yes as well" },
      ]);
    const answer = await confirm({ message: `Delete all data of ${session.name}?`, initialValue: false });
    if (isCancel(answer) || !answer) return;
  }
  const progress = new Progress();
  const stack = withoutReport(session.stack);
  try {
    await withLock(stack, say, async () => {
      // The network cannot go while containers that the state does not know are on it.
      await sweepContainers(session);
      if (options.volumes)
        // The Automation API has no call for this.
        await execa(
          stack.workspace.pulumiCommand.command,
          ["state", "unprotect", "--all", "--yes", "--stack", session.name],
          { cwd: stack.workspace.workDir, env: { ...stack.workspace.envVars } },
        );
      await stack.destroy({
        excludeProtected: !options.volumes,
        refresh: true,
        onEvent: progress.onEvent,
        color: "never",
      });
    });
  } catch (error) {
    await explain(session, progress, error);
    throw new DeploymentError("the stack is not down");
  }
  await sweep(session, options.volumes);
}

/** Removes containers that carry the stack's label and are not in its state: the remains of a run that was killed. */
async function sweepContainers({ engine, name, prefix, stack }: Session): Promise<void> {
  const { resources, pending } = await stateOf(stack.workspace, name);
  const known = new Set(resources.map(({ id }) => id));
  for (const { id, container } of await containersOf(engine, prefix)) {
    if (known.has(id)) continue;
    await engine.getContainer(id).remove({ force: true, v: true });
    say(`  ✔ stray container ${container} removed`);
  }
  // Whatever was being created has just been removed, so the state may forget it; it would stop the next run.
  if (pending.length > 0) await stack.refresh({ clearPendingCreates: true, color: "never" });
}

/** Removes the rest of a run that was killed, once the stack is down. */
async function sweep({ engine, prefix }: Session, volumes: boolean): Promise<void> {
  const found = await objectsOf(engine, prefix);
  for (const { id, name } of found.networks) {
    await engine.getNetwork(id).remove();
    say(`  ✔ stray network ${name} removed`);
  }
  if (volumes)
    for (const { name } of found.volumes) {
      await engine.getVolume(name).remove();
      say(`  ✔ stray volume ${name} removed`);
    }
}
