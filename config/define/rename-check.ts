import type { Problem } from "../../core/problems.ts";
import type { PlatformModel } from "./model.ts";

/** Former names that are somebody's: what that one owns would be taken from it. */
export function renameProblems(platform: PlatformModel): Problem[] {
  const taken = new Map<string, string>();
  return Object.values(platform.services).flatMap(({ name, renamedFrom }) =>
    renamedFrom.flatMap((former, index): Problem[] => {
      const other = former in platform.services ? former : taken.get(former);
      taken.set(former, name);
      if (other === undefined) return [];
      return [
        {
          path: `services.${name}.renamedFrom[${index}]`,
          message:
            former in platform.services
              ? `"${former}" is a service of the platform`
              : `"${former}" is a former name of ${other}, too`,
          fix: "take it out: of two services one alone can have been called so",
        },
      ];
    }),
  );
}
