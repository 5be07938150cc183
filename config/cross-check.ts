import { faultOfServiceName, faultOfVolumeName, freeName, type StoreKind } from "../core/names.ts";
import type { Problem } from "../core/problems.ts";
import { renderEnvironment } from "./environment.ts";
import type { PlatformModel } from "./model.ts";
import { routeProblems, within } from "./route-check.ts";
import type { StackFacts } from "./service.ts";

/** Any stack's facts: what an environment needs to be rendered before a stack is known. */
const exampleFacts: StackFacts = {
  publicHost: "localhost",
  environment: "Production",
  jwt: { issuer: "beat", audience: "beat", accessMinutes: 30, refreshMonths: 1 },
};

/** What no single field can tell: every contradiction between the parts of a definition. */
export function crossCheck(platform: PlatformModel): Problem[] {
  return [
    ...names(platform),
    ...routeProblems(platform),
    ...databases(platform),
    ...ports(platform),
    ...topicsAndCalls(platform),
    ...volumes(platform),
    ...environments(platform),
  ];
}

/** Names that are the platform's own, and secrets of different owners that would be one. */
function names(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  for (const { name, needs } of Object.values(platform.services)) {
    const fault = faultOfServiceName(name);
    if (fault !== undefined)
      problems.push({ path: `services.${name}`, message: fault, fix: `call it ${freeName(name)}` });
    needs.volumes.forEach((volume, index) => {
      const wrong = faultOfVolumeName(volume.name);
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
  for (const kind of ["postgres", "mongo"] as const) {
    const owners = new Map<string, string>();
    for (const service of Object.values(platform.services)) {
      const database = service.needs[kind]?.database;
      if (database === undefined) continue;
      const path = `services.${service.name}.needs.${kind}.database`;
      const owner = owners.get(database);
      if (owner !== undefined)
        problems.push({
          path,
          message: `"${database}" is already the database of ${owner}; both create tables of the same name`,
          fix: "give each service a database of its own",
        });
      if (["postgres", "template0", "template1", "admin", "local", "config"].includes(database))
        problems.push({
          path,
          message: `"${database}" is reserved by the server`,
          fix: "choose another name",
        });
      owners.set(database, service.name);
    }
  }
  return problems;
}

function ports(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  const { kafka } = platform.stores;
  if (kafka !== undefined && new Set([kafka.port, kafka.controllerPort, kafka.hostPort]).size < 3)
    problems.push({
      path: "stores.kafka",
      message: `port ${kafka.port}, controllerPort ${kafka.controllerPort} and hostPort ${kafka.hostPort} clash`,
      fix: "give each of the three listeners a port of its own",
    });
  const byPort = new Map<number, string>([[platform.gateway.port, "the gateway"]]);
  for (const service of Object.values(platform.services)) {
    const taken = byPort.get(service.port);
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

function topicsAndCalls(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  const services = Object.values(platform.services);
  const published = new Set(services.flatMap((service) => service.needs.kafka?.publishes ?? []));
  const declared = Object.keys(platform.topics);
  const groups = new Map<string, string>();
  for (const { name, needs, health, routes } of services) {
    const at = `services.${name}.needs`;
    for (const kind of ["postgres", "mongo", "redis", "kafka"] as const satisfies readonly StoreKind[])
      if (needs[kind] !== undefined && platform.stores[kind] === undefined)
        problems.push({
          path: `${at}.${kind}`,
          message: "the platform has no such store",
          fix: `add ${kind} to stores`,
        });
    for (const direction of ["publishes", "consumes"] as const)
      (needs.kafka?.[direction] ?? []).forEach((topic, index) => {
        const path = `${at}.kafka.${direction}[${index}]`;
        if (!declared.includes(topic))
          problems.push({
            path,
            message: `topic "${topic}" is not declared`,
            fix: `add it to topics (declared: ${declared.join(", ")})`,
          });
        else if (direction === "consumes" && !published.has(topic))
          problems.push({
            path,
            message: `nobody publishes "${topic}"`,
            fix: "name its publisher, or stop consuming it",
          });
      });
    const group = needs.kafka?.group;
    if ((needs.kafka?.consumes.length ?? 0) > 0 && group === undefined)
      problems.push({
        path: `${at}.kafka.group`,
        message: "a consumer needs a group",
        fix: "name its consumer group",
      });
    if (group !== undefined) {
      const other = groups.get(group);
      if (other !== undefined)
        problems.push({
          path: `${at}.kafka.group`,
          message: `"${group}" is already the group of ${other}; each would get half of the events`,
          fix: "use another group",
        });
      groups.set(group, name);
    }
    needs.calls.forEach((callee, index) => {
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

function volumes(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const { name, needs } of Object.values(platform.services)) {
    needs.volumes.forEach((volume, index) => {
      const path = `services.${name}.needs.volumes[${index}]`;
      const owner = owners.get(volume.name);
      if (owner !== undefined)
        problems.push({
          path,
          message: `volume "${volume.name}" already belongs to ${owner}`,
          fix: "use another name",
        });
      owners.set(volume.name, name);
      // An empty volume over the keys makes auth panic at its start.
      if (needs.signingKey !== undefined && within(volume.path, needs.signingKey.directory))
        problems.push({
          path,
          message: `would hide the signing key in ${needs.signingKey.directory}`,
          fix: "mount it elsewhere",
        });
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
        const owner = secrets.get(part.name) ?? service.name;
        secrets.set(part.name, owner);
        if (owner !== service.name)
          problems.push({
            path: `${at}.${variable}`,
            message: `the secret "${part.name}" is one of ${owner}, too`,
            fix: "give the secret another name",
          });
      }
      if (!/^[A-Z][A-Z0-9_]*$/.test(variable))
        problems.push({
          path: `${at}.${variable}`,
          message: "is not a portable variable name",
          fix: "use upper-case letters, digits and _",
        });
      // Messaging crashes on an empty port, core on an empty REDIS_DATABASE.
      if (value.parts.length === 0 || value.render(() => "x").trim() === "")
        problems.push({
          path: `${at}.${variable}`,
          message: "is empty",
          fix: "leave the variable out (undefined), or give it a value",
        });
    }
  }
  return problems;
}
