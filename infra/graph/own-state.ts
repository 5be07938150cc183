import * as pulumi from "@pulumi/pulumi";
import type { StateResource } from "../operate/stack-state.ts";
import { failuresIn } from "../operate/state-file.ts";

/** What the engine answers, by URN. */
interface Listing {
  readonly outputs?: Readonly<
    Record<string, { readonly type?: string; readonly outputs?: Record<string, unknown> }>
  >;
}

/**
 * The resources of this stack's own state, as the last run left them; their secrets in the clear. The engine lists them to a
 * program under a plain `pulumi up` as well, in a preview too. Empty for a new stack, and under mocks.
 * @param root the project's root folder.
 */
export async function ownState(root = process.cwd()): Promise<readonly StateResource[]> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  try {
    const { outputs = {} } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
      stackName,
    })) as Listing;
    const failures = failuresIn(pulumi.getStack(), root);
    return Object.entries(outputs).map(([urn, { type = "", outputs: known = {} }]) => {
      const initErrors = failures.get(urn);
      return { urn, type, outputs: known, ...(initErrors && { initErrors }) };
    });
  } catch (error) {
    // A state service that answers no such question takes the checks of what was there before away, and nothing else.
    await pulumi.log.warn(
      `the stack's own state cannot be read: what it keeps and nobody needs stays protected (${(error as Error).message})`,
    );
    return [];
  }
}
