import { InputError, type Problem } from "../../core/problems.ts";
import { definePlatform } from "./define.ts";
import { defineService } from "./service.ts";

/** A service that asks for nothing. */
export const plain = defineService({
  image: { repository: "localhost/x", tag: "1" },
  sample: "basic",
  port: 7000,
  health: { probe: { tcp: true }, tool: "none" },
  routes: [{ prefix: "/x" }],
  replicas: { max: 1, why: "a test" },
  needs: {},
  env: ({ port }) => ({ PORT: port }),
});

/** A platform of some services. */
export const defined = (services: object, more: object = {}) =>
  definePlatform({
    name: "p",
    stores: { postgres: {}, mongo: {}, redis: {}, kafka: {} },
    topics: {},
    gateway: {},
    ...more,
    services: services as Record<string, never>,
  });

/** What is wrong with a definition. */
export function refused(services: object, more: object = {}): readonly Problem[] {
  try {
    defined(services, more);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
}

/** As a person reads them. */
export const words = (problems: readonly Problem[]): string[] =>
  problems.map(({ path, message, fix }) => `${path}: ${message} | ${fix}`);
/** What is wrong with a service. */
export const ofService = (change: object): string[] => words(refused({ a: { ...plain, ...change } }));
/** What is wrong with a route. */
export const ofRoute = (route: object): string[] => ofService({ routes: [{ prefix: "/x", ...route }] });
/** What is wrong with what a service needs. */
export const ofNeeds = (needs: object): string[] => ofService({ needs });
