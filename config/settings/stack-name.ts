import { dnsLabel } from "../../core/fields.ts";
import { validateRepository } from "../../core/image-names.ts";
import { stackName } from "../../core/names.ts";
import type { Problem } from "../../core/problems.ts";
import type { Settings } from "./schema.ts";

/**
 * A stack whose name cannot become a part of the names made of it: of images and containers on an engine, of a namespace and
 * the labels of its objects on a cluster. Pulumi takes more.
 */
export function stackNameProblems(platform: string, stack: string, settings: Settings): Problem[] {
  const whole = stackName(platform, stack);
  const onEngine = settings.target === "docker";
  // Whatever the namespace is called: an object's labels bear the name, too.
  const fault = onEngine
    ? validateRepository(`localhost/${whole}-gateway`)
    : dnsLabel.safeParse(whole).error?.issues[0]?.message;
  if (fault === undefined) return [];
  const lower = stack.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const free = lower.slice(0, 62 - platform.length).replaceAll(/^-+|-+$/g, "");
  return [
    {
      path: `stack ${stack}`,
      message: onEngine
        ? `its images would be called localhost/${whole}-gateway, and ${fault.replace(/^"[^"]*" is/, "that is")}`
        : `its namespace and labels would be called ${whole}: ${fault}`,
      fix: `pulumi stack rename ${free === "" ? "prod" : free} --stack ${stack}, where it holds nothing yet`,
    },
  ];
}
