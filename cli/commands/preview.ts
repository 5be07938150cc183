import { join } from "node:path";
import type { Command } from "commander";
import { DeploymentError } from "../../infra/operate/parts.ts";
import { projectRoot } from "../../stacks/program.ts";
import { command } from "../command.ts";
import { asShown, printJson } from "../output.ts";
import { Progress } from "../progress.ts";
import { checkInputs, requirePassed } from "../session.ts";
import { firstLine } from "../workspace.ts";

/** Shows what `up` would change. */
export function previewCommand(beat: Command): void {
  command(
    beat,
    "preview",
    "show what up would change",
    { create: "for now", target: false, state: true },
    async (session, options) => {
      const { json, expectNoChanges, policies } = options as {
        json?: boolean;
        expectNoChanges?: boolean;
        policies?: boolean;
      };
      const progress = new Progress(() => {});
      requirePassed(await checkInputs(session));
      // Against a place that does not answer, or is not the stack's own, a preview would say nothing of it.
      requirePassed(await session.target.reach(session.state), "the stack cannot be previewed from here");
      try {
        const result = await session.stack.preview({
          onEvent: progress.onEvent,
          color: "never",
          ...(policies && { policyPacks: [join(projectRoot, "policies/pack")] }),
          ...(!json && { onOutput: (text: string) => process.stdout.write(asShown(text)) }),
        });
        if (json) printJson(result.changeSummary);
        const changes = Object.entries(result.changeSummary).filter(([op]) => op !== "same" && op !== "read");
        if (expectNoChanges && changes.length > 0) throw new DeploymentError("there are changes");
      } catch (error) {
        if (error instanceof DeploymentError) throw error;
        // Pulumi's own output, where it was shown, has said it.
        const reasons = json ? [...new Set(progress.errors)] : [];
        throw new DeploymentError(
          reasons.join("\n") || (progress.errors.length > 0 ? "the preview failed" : firstLine(error)),
        );
      }
    },
  )
    .option("--expect-no-changes", "fail when there are any")
    .option("--policies", "judge the change by the rules of policies/");
}
