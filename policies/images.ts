import { floatingReason } from "../config/settings/floating-tags.ts";
import { podsOf } from "./kubernetes/objects.ts";
import { type Rule, unknownValue } from "./rule.ts";

/** The same reference must mean the same bytes tomorrow, on every node. */
export const noFloatingTags: Rule = {
  name: "no-floating-tags",
  description: "Images are named by a version or a digest.",
  check: (resources) => {
    const used = [
      ...podsOf(resources).flatMap(({ containers }) =>
        containers.map(({ label, fields }) => ({
          resource: label,
          reference: fields.image,
          production: true,
        })),
      ),
      // A stack on one machine may be somebody's dev stack; its own images are used by their ids.
      ...resources
        .filter(({ type }) => type === "docker:index/remoteImage:RemoteImage")
        .map(({ name, props }) => ({ resource: name, reference: props.name, production: false })),
    ];
    return used.flatMap(({ resource, reference, production }) => {
      if (reference === unknownValue) return [];
      const reason = floatingReason(String(reference ?? ""), production);
      return reason === undefined
        ? []
        : [
            {
              resource,
              message: `${String(reference)}: ${reason}`,
              fix: "name a version or a digest: ./beat images pin",
            },
          ];
    });
  },
};
