import {
  administratorSecret,
  freeName,
  passwordName,
  validateServiceName,
  validateVolumeName,
} from "../../core/names.ts";
import { metricsPort, watchPort } from "../../core/ports.ts";
import { joinPath, type Problem } from "../../core/problems.ts";
import { validateVariableName, validateVariableValue } from "../../core/variables.ts";
import { kindsWithLogin, storeHosts, storeKinds, storeOf } from "../../stores/index.ts";
import { renderEnvironment } from "../environment.ts";
import { needsOf } from "../store-use.ts";
import type { PlatformModel } from "./model.ts";
import { renameProblems } from "./rename-check.ts";
import { routeProblems } from "./route-check.ts";
import type { StackInfo } from "./service.ts";
import { verifyProblems } from "./verify-check.ts";
import { volumeProblems } from "./volume-check.ts";

/** Any stack's facts: what an environment needs to be rendered before a stack is known. */
const exampleFacts: StackInfo = {
  publicHost: "localhost",
  environment: "Production",
  jwt: { issuer: "beat", audience: "beat", accessMinutes: 30, refreshMonths: 1 },
};

/** What no single field can tell: every contradiction between the parts of a definition. */
export function crossCheck(platform: PlatformModel): Problem[] {
  return [
    ...names(platform),
    ...renameProblems(platform),
    ...routeProblems(platform),
    ...verifyProblems(platform),
    ...databases(platform),
    ...ports(platform),
    ...storesAndCalls(platform),
    ...storeProblems(platform),
    ...volumeProblems(platform),
    ...environments(platform),
  ];
}

/** The words of the stores. */
const storeWords = storeKinds.flatMap((kind) => [kind, storeHosts[kind]]);

/** Secrets that stores have whatever the services are called, with as many members as there can be. */
const platformSecrets = storeKinds.flatMap((kind) => {
  const store = storeOf(kind);
  const shared = store.memberSecrets?.(store.cluster.parse({})) ?? [];
  return [...(store.login ? [administratorSecret(kind)] : []), ...shared.map((secret) => secret.name)];
});

/** Names that are the platform's own, and secrets of different owners that would be one. */
function names(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  for (const { name, needs } of Object.values(platform.services)) {
    const fault = validateServiceName(name, storeWords);
    if (fault !== undefined)
      problems.push({ path: `services.${name}`, message: fault, fix: `call it ${freeName(name)}` });
    const secret = kindsWithLogin
      .filter((kind) => needs[kind] !== undefined)
      .map((kind) => passwordName(kind, name))
      .find((password) => platformSecrets.includes(password));
    if (secret !== undefined)
      problems.push({
        path: `services.${name}`,
        message: `its password would be called "${secret}", as a secret of the platform's own is`,
        fix: `call it ${name}-service`,
      });
    needs.volumes.forEach((volume, index) => {
      const wrong = validateVolumeName(volume.name, storeWords);
      if (wrong !== undefined)
        problems.push({
          path: `services.${name}.needs.volumes[${index}].name`,
          message: wrong,
          fix: `call it ${name}-${volume.name}`,
        });
    });
  }
  return problems;
}

function databases(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  for (const kind of kindsWithLogin) {
    const owners = new Map<string, string>();
    for (const { service, need } of needsOf(platform, kind)) {
      const { database } = need as { readonly database?: string };
      if (database === undefined) continue;
      const path = `services.${service}.needs.${kind}.database`;
      const owner = owners.get(database);
      if (owner !== undefined)
        problems.push({
          path,
          message: `"${database}" is already the database of ${owner}; both create tables of the same name`,
          fix: "give each service a database of its own",
        });
      if (reservedDatabases.includes(database) || database.startsWith("beat_drill_"))
        problems.push({
          path,
          message: `"${database}" is reserved by the server`,
          fix: "choose another name",
        });
      owners.set(database, service);
    }
  }
  return problems;
}

/** Whatever the store: a service may move from one to the other. */
const reservedDatabases = storeKinds.flatMap((kind) => storeOf(kind).reservedDatabases ?? []);

/** What each store finds wrong with what is said of it. */
const storeProblems = (platform: PlatformModel): Problem[] =>
  storeKinds.flatMap(
    (kind) =>
      storeOf(kind).check?.({
        facts: platform.stores[kind],
        needs: needsOf(platform, kind),
        topics: platform.topics,
      }) ?? [],
  );

function ports(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  const byPort = new Map<number, string>([[platform.gateway.port, "the gateway"]]);
  // Where two listen in one pod.
  const inPods = new Map([
    [metricsPort, "the gateway's metrics"],
    [watchPort, "what watches a service's consumer"],
  ]);
  const own = inPods.get(platform.gateway.port);
  if (own !== undefined)
    problems.push({
      path: "gateway.port",
      message: `${platform.gateway.port} is the port of ${own}`,
      fix: "choose another port",
    });
  for (const service of Object.values(platform.services)) {
    const taken = byPort.get(service.port) ?? inPods.get(service.port);
    // Containers have addresses of their own, but `beat serve` and port-forwards put them on one machine.
    if (taken !== undefined)
      problems.push({
        path: `services.${service.name}.port`,
        message: `${service.port} is already the port of ${taken}`,
        fix: "choose a port that no other service has",
      });
    byPort.set(service.port, service.name);
  }
  return problems;
}

function storesAndCalls(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  for (const { name, needs, health, routes } of Object.values(platform.services)) {
    const at = `services.${name}.needs`;
    for (const kind of storeKinds)
      if (needs[kind] !== undefined && platform.stores[kind] === undefined)
        problems.push({
          path: `${at}.${kind}`,
          message: "the platform has no such store",
          fix: `add ${kind} to stores`,
        });
    needs.calls.forEach((callee, index) => {
      if (callee === name)
        problems.push({
          path: `${at}.calls[${index}]`,
          message: "is the service itself",
          fix: "take it out",
        });
      if (platform.services[callee] === undefined)
        problems.push({
          path: `${at}.calls[${index}]`,
          message: `there is no service "${callee}"`,
          fix: `use one of ${Object.keys(platform.services).join(", ")}`,
        });
    });
    if (health.tool === "none" && routes.length === 0)
      problems.push({
        path: `services.${name}.health.tool`,
        message: "nothing could tell whether the service is up",
        fix: "give it a probe tool or a route",
      });
  }
  return problems;
}

function environments(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  const secrets = new Map<string, string>();
  for (const service of Object.values(platform.services)) {
    const at = `services.${service.name}.env`;
    let env: ReturnType<typeof renderEnvironment>;
    try {
      env = renderEnvironment(platform, service, exampleFacts);
    } catch (error) {
      problems.push({
        path: at,
        message: `throws: ${(error as Error).message}`,
        fix: "use only what the service asked for in needs",
      });
      continue;
    }
    for (const [variable, value] of Object.entries(env)) {
      for (const part of value.parts) {
        if (part.kind !== "secret") continue;
        if (!/^[a-z][a-z0-9-]*$/.test(part.name))
          problems.push({
            path: `${at}.${variable}`,
            message: `"${part.name}" cannot be the name of a secret`,
            fix: "use lower-case letters, digits and -",
          });
        const owner = secrets.get(part.name) ?? service.name;
        secrets.set(part.name, owner);
        if (owner !== service.name)
          problems.push({
            path: `${at}.${variable}`,
            message: `the secret "${part.name}" is one of ${owner}, too`,
            fix: "give the secret another name",
          });
      }
      if (validateVariableName(variable) !== undefined)
        problems.push({
          path: joinPath([at, variable]),
          message: "is not a portable variable name",
          fix: "use upper-case letters, digits and _, a letter first",
        });
      // Messaging crashes on an empty port, core on an empty REDIS_DATABASE.
      const fault = validateVariableValue(
        value.render(() => "x"),
        variable,
      );
      if (fault !== undefined)
        problems.push({
          path: joinPath([at, variable]),
          message: fault,
          fix:
            fault === "is empty" ? "leave the variable out (undefined), or give it a value" : "take it out",
        });
    }
  }
  return problems;
}
