import type { Problem } from "../../core/problems.ts";
import { storeKinds } from "../../stores/index.ts";
import { publicPaths } from "../public-path.ts";
import type { PlatformModel } from "./model.ts";
import { usedBy } from "./verify.ts";

/** What every journey has from the beginning. */
export const given = ["email", "password", "id"] as const;

/** Paths that no client can reach, and journeys that use what nobody gave them. */
export const verifyProblems = (platform: PlatformModel): Problem[] => [
  ...paths(platform),
  ...journey(platform),
];

function paths(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  for (const service of Object.values(platform.services)) {
    const at = `services.${service.name}.verify`;
    const { jwks, websocket } = service.verify;
    if (jwks !== undefined && publicPaths(service, jwks).length === 0)
      problems.push({
        path: `${at}.jwks`,
        message: `no route leads to "${jwks}"`,
        fix: "name it in bare of a route, or remove it",
      });
    const sockets = service.routes.filter((route) => route.websocket);
    if (websocket !== undefined && publicPaths({ routes: sockets }, websocket.path).length === 0)
      problems.push({
        path: `${at}.websocket.path`,
        message: `no route with websocket: true leads to "${websocket.path}"`,
        fix: "give such a route the prefix, or remove it",
      });
  }
  return problems;
}

function journey({ journey: told, services, stores }: PlatformModel): Problem[] {
  if (told === undefined) return [];
  const problems: Problem[] = [];
  const known = new Set<string>(given);
  for (const part of ["steps", "removes"] as const)
    told[part].forEach((step, index) => {
      const at = `journey.${part}[${index}]`;
      if (services[step.service] === undefined)
        problems.push({
          path: `${at}.service`,
          message: `there is no service "${step.service}"`,
          fix: `use one of ${Object.keys(services).join(", ")}`,
        });
      for (const kind of step.uses)
        if (!storeKinds.some((store) => store === kind && stores[store] !== undefined))
          problems.push({
            path: `${at}.uses`,
            message: `the platform has no store "${kind}"`,
            fix: `use one of ${storeKinds.filter((store) => stores[store] !== undefined).join(", ")}`,
          });
      for (const name of usedBy(step)) if (!known.has(name)) problems.push(unknown(at, name, known));
      for (const name of Object.keys(step.keeps)) known.add(name);
    });
  if (told.token !== undefined && !known.has(told.token))
    problems.push(unknown("journey.token", told.token, known));
  return problems;
}

const unknown = (path: string, name: string, known: ReadonlySet<string>): Problem => ({
  path,
  message: `nothing is kept as "${name}" before`,
  fix: `keep it in an earlier step, or use one of ${[...known].join(", ")}`,
});
