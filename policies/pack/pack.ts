import { PolicyPack } from "@pulumi/policy";
import type { GraphResource } from "../rule.ts";
import { rules } from "../rules.ts";
import { known } from "./known.ts";
import { told } from "./told.ts";

/** The rules as a policy pack: `pulumi preview --policy-pack policies/pack`. A violation stops the update. */
new PolicyPack("beat-ecoprove", {
  enforcementLevel: "mandatory",
  policies: rules.map(({ name, description, check }) => ({
    name,
    description,
    validateStack: ({ resources }, reportViolation) => {
      const graph = resources.map(
        ({ type, name: resource, props }): GraphResource => ({
          type,
          name: resource,
          props: known(props) as GraphResource["props"],
        }),
      );
      for (const { resource, message, fix } of check(graph))
        reportViolation(told(`${resource} ${message}\nfix: ${fix}`, resources), urnOf(resource, resources));
    },
  })),
});

/** The resource a violation is shown at; `deployment/container` belongs to the deployment. */
function urnOf(
  resource: string,
  resources: readonly { readonly name: string; readonly urn: string; readonly type: string }[],
): string | undefined {
  const name = resource.split("/", 1)[0];
  return resources.find((known) => known.name === name && !known.type.startsWith("beat:"))?.urn;
}
