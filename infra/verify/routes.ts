import { randomUUID } from "node:crypto";
import { sourceOf } from "../../config/catalogue.ts";
import type { ServiceModel } from "../../config/define/model.ts";
import type { RouteDefinition } from "../../config/define/service.ts";
import { publicPaths } from "../../config/public-path.ts";
import { parsed } from "./door.ts";
import { routed, type Subject } from "./subject.ts";
import { Failed, Skipped, type Tried, tried } from "./tried.ts";

/** Where every sample tells what it was sent. */
const echo = "/api/v1/echo";

/** A path that no service has. */
const nowhere = (prefix: string): string => `${prefix === "/" ? "" : prefix}/beat-verify-${randomUUID()}`;

/** Where a sample tells what it was sent; undefined for a real service. */
export const echoOf = (
  { settings }: Pick<Subject, "settings">,
  service: ServiceModel,
  routes: readonly RouteDefinition[] = service.routes,
): string | undefined =>
  sourceOf(service, settings) === "sample" ? publicPaths({ routes }, echo)[0] : undefined;

/**
 * Whether each route leads to its service. A sample tells who it is. Of any other a path is asked that it does not have: whatever it
 * answers, it has answered. Paths that are denied must not get through.
 */
export const routes = (subject: Subject): Promise<Tried>[] =>
  routed(subject.platform).flatMap((service) =>
    service.routes.flatMap((route) => [
      tried("route", `${route.prefix} → ${service.name}`, () => leads(subject, service, route)),
      ...route.deny.flatMap((path) =>
        publicPaths({ routes: [route] }, path).map((denied) =>
          tried("route", `${denied} is denied`, () => isDenied(subject, denied)),
        ),
      ),
    ]),
  );

async function leads(subject: Subject, service: ServiceModel, route: RouteDefinition): Promise<string> {
  const told = echoOf(subject, service, [route]);
  if (told === undefined) {
    const { status } = await subject.door.service(nowhere(route.prefix));
    return `${service.name} answers (${status} for a path it does not have)`;
  }
  const { status, text } = await subject.door.service(told);
  const who = parsed(text).service;
  if (who !== service.sample) throw new Failed(`${told}: answered ${status} as ${String(who)}`);
  return `the sample of ${service.name} answers`;
}

async function isDenied({ door }: Subject, path: string): Promise<string> {
  const { status, own } = await door.ask(path);
  if (own === undefined) throw new Failed(`it is not: ${status} comes from the service`);
  if (status !== 404) throw new Failed(`the gateway answers ${status}: ${own}`);
  return "404, by the gateway";
}

/** Whether each service is well, by its own probe, asked through the gateway. */
export const health = (subject: Subject): Promise<Tried>[] =>
  routed(subject.platform).map((service) =>
    tried("health", service.name, async () => {
      const { probe } = service.health;
      if (!("http" in probe)) throw new Skipped("its probe is a connect; its route is tried");
      const [path] = publicPaths(service, probe.http);
      if (path === undefined) throw new Skipped(`no route leads to ${probe.http}`);
      const { status } = await subject.door.service(path);
      if (status < 200 || status > 299) throw new Failed(`${path}: ${status}`);
      return `${path}: ${status}`;
    }),
  );
