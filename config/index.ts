/**
 * The platform's registry, for other packages: what the platform is made of, by name and typed. It reads no file and no
 * environment variable, and knows no target: addresses and secrets are symbols (see {@link Value}).
 */
export { InputError, type Problem } from "../core/problems.ts";
export { type EnvValue, type Part, Value, value } from "../core/value.ts";
export { type StoreKind, storeHosts } from "../stores/index.ts";
export type { Budget } from "./define/budget.ts";
export { definePlatform, type Platform, type PlatformInput, type ServiceOf } from "./define/define.ts";
export type { PlatformModel, ServiceModel } from "./define/model.ts";
export {
  defineService,
  type Needs,
  type RefsOf,
  type RouteDefinition,
  type Service,
  type ServiceDefinition,
  type StackInfo,
} from "./define/service.ts";
export { environmentOf } from "./environment.ts";
export { platform } from "./platform.ts";
export type { BarePath, Bucket, CorsPolicy, Route, RouteTable } from "./route-table.ts";
export { routesOf, routeTable } from "./routes.ts";
export { topics } from "./topics.ts";
