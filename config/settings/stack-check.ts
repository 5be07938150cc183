import { roleName } from "../../core/names.ts";
import type { Problem } from "../../core/problems.ts";
import { kindsWithLogin, storeKinds } from "../../stores/index.ts";
import type { PlatformModel } from "../define/model.ts";
import { needsOf } from "../store-use.ts";
import { exposedStores } from "./bind.ts";
import { floatingTags } from "./floating-tags.ts";
import { frontProblems } from "./front.ts";
import { externalStores, type Settings } from "./schema.ts";

/**
 * What is wrong with a stack's settings once the definition is known: names that it does not have, more replicas than a
 * service can bear, images that are not the same tomorrow.
 */
export function checkStack(platform: PlatformModel, settings: Settings): Problem[] {
  return [
    ...unknownServices(platform, settings),
    ...unsafeReplicas(platform, settings),
    ...unknownStores(platform, settings),
    ...sharedLogins(platform, settings),
    ...frontProblems(settings),
    ...exposedStores(settings),
    ...unprobed(platform, settings),
    ...(settings.target === "kubernetes" && settings.environment === "Production"
      ? floatingTags(platform, settings)
      : []),
  ];
}

function unknownServices(platform: PlatformModel, settings: Settings): Problem[] {
  const known = Object.keys(platform.services);
  const named: [string, string][] = [
    ...Object.keys(settings.services).map((name): [string, string] => [`platform:services.${name}`, name]),
    ...(settings.target === "docker" ? Object.keys(settings.ports.services) : []).map(
      (name): [string, string] => [`platform:ports.services.${name}`, name],
    ),
  ];
  return named
    .filter(([, name]) => !known.includes(name))
    .map(([path]) => ({
      path,
      message: "the definition has no such service",
      fix: `use one of ${known.join(", ")}`,
    }));
}

/** An engine asks by a program of the image; without one nothing would notice a service that hangs. */
function unprobed(platform: PlatformModel, settings: Settings): Problem[] {
  if (settings.target !== "docker" || settings.environment !== "Production") return [];
  return Object.values(platform.services)
    .filter(({ health }) => health.tool === "none")
    .map(({ name }) => ({
      path: `services.${name}.health.tool`,
      message: `is "none", so an engine cannot tell whether ${name} is up, and in production every container has a health check`,
      fix: 'name a tool that its image has ("wget" or "bash"), or run the stack on a cluster, whose nodes ask by themselves',
    }));
}

function unsafeReplicas(platform: PlatformModel, settings: Settings): Problem[] {
  if (settings.target !== "kubernetes") return [];
  return Object.values(platform.services).flatMap(({ name, replicas }) => {
    const wanted = settings.services[name];
    const checks: [string, number | undefined][] = [
      ["replicas", wanted?.replicas],
      ["autoscale.max", wanted?.autoscale?.max],
    ];
    return checks
      .filter(([, count]) => count !== undefined && count > replicas.max)
      .map(([field, count]) => ({
        path: `platform:services.${name}.${field}`,
        message: `${count} is more than the ${replicas.max} that is safe: ${replicas.why}`,
        fix: `set at most ${replicas.max}, or raise replicas.max in the definition once the service can bear it`,
      }));
  });
}

/** A service that logs in as the administrator would be given that one's name, and take its rights away. */
function sharedLogins(platform: PlatformModel, settings: Settings): Problem[] {
  return kindsWithLogin.flatMap((kind) => {
    const { adminUser } = (externalStores(settings)[kind] ?? {}) as { readonly adminUser?: string };
    return needsOf(platform, kind)
      .filter(({ service }) => roleName(service) === adminUser)
      .map(({ service }) => ({
        path: `platform:external.${kind}.adminUser`,
        message: `"${adminUser}" is the login of ${service}, too: it would be given that one's password and lose its rights`,
        fix: "give the administrator another name in the store",
      }));
  });
}

function unknownStores(platform: PlatformModel, settings: Settings): Problem[] {
  return storeKinds
    .filter((kind) => externalStores(settings)[kind] !== undefined && platform.stores[kind] === undefined)
    .map((kind) => ({
      path: `platform:external.${kind}`,
      message: "the definition has no such store",
      fix: "remove it",
    }));
}
