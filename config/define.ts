import type { z } from "zod";
import type { StoreKind } from "../core/names.ts";
import { InputError, joinPath, type Problem } from "../core/problems.ts";
import { crossCheck } from "./cross-check.ts";
import {
  type PlatformModel,
  platformSchema,
  type ServiceModel,
  type storesSchema,
  type topicSchema,
} from "./model.ts";
import type { Needs, Service } from "./service.ts";

type NeedsWithin<Topic extends string, Name extends string, Store extends string> = Omit<
  Needs,
  "kafka" | "calls" | StoreKind
> & {
  readonly [K in Exclude<StoreKind, "kafka">]?: K extends Store ? Needs[K] : never;
} & {
  readonly kafka?: "kafka" extends Store
    ? Omit<NonNullable<Needs["kafka"]>, "publishes" | "consumes"> & {
        readonly publishes?: readonly Topic[];
        readonly consumes?: readonly Topic[];
      }
    : never;
  readonly calls?: readonly Name[];
};

/** What is handed to {@link definePlatform}; undeclared stores, topics and callees do not compile. */
export interface PlatformInput<
  Stores extends z.input<typeof storesSchema>,
  Topics extends Readonly<Record<string, z.input<typeof topicSchema>>>,
  Services extends Readonly<Record<string, { readonly needs: object }>>,
> {
  readonly name: string;
  readonly stores: Stores;
  readonly topics: Topics;
  readonly services: Services & {
    readonly [S in keyof Services]: Services[S] extends Service<infer N>
      ? N extends NeedsWithin<keyof Topics & string, keyof Services & string, keyof Stores & string>
        ? Services[S]
        : {
            readonly needs: NeedsWithin<
              keyof Topics & string,
              keyof Services & string,
              keyof Stores & string
            >;
          }
      : never;
  };
  readonly gateway: z.input<typeof platformSchema>["gateway"];
}

/** A service of a platform: complete, and its name and what it needs are still those that were written. */
export type ServiceOf<Name, Given> = ServiceModel & { readonly name: Name } & (Given extends Service<infer N>
    ? { readonly needs: N }
    : unknown);

/** A platform whose services, stores, topics and needs the compiler knows by name. Every one is a {@link PlatformModel}. */
export type Platform<
  Stores = PlatformModel["stores"],
  Topics extends object = PlatformModel["topics"],
  Services extends object = PlatformModel["services"],
> = Omit<PlatformModel, "services" | "topics" | "stores"> & {
  readonly stores: { readonly [K in keyof Stores & StoreKind]: NonNullable<PlatformModel["stores"][K]> };
  readonly topics: { readonly [K in keyof Topics]: PlatformModel["topics"][string] };
  readonly services: { readonly [K in keyof Services]: ServiceOf<K, Services[K]> };
};

/** What {@link definePlatform} is handed, before anything of it is known. */
interface PlainInput {
  readonly name: unknown;
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Validates and freezes a platform definition.
 * @throws {InputError} with every problem of the definition: its path, what is wrong and the fix.
 */
export function definePlatform<
  const Stores extends z.input<typeof storesSchema>,
  const Topics extends Readonly<Record<string, z.input<typeof topicSchema>>>,
  const Services extends Readonly<Record<string, { readonly needs: object }>>,
>(input: PlatformInput<Stores, Topics, Services>): Platform<Stores, Topics, Services>;
export function definePlatform(input: PlainInput): PlatformModel {
  const problems: Problem[] = [];
  const envs = new Map<string, ServiceModel["env"]>();
  const plain: Record<string, unknown> = {};
  for (const [name, service] of Object.entries(input.services)) {
    const { env, ...facts } = service;
    if (typeof env === "function") envs.set(name, env.bind(service) as ServiceModel["env"]);
    else
      problems.push({
        path: `services.${name}.env`,
        message: "is missing",
        fix: "add env: (refs) => ({ … })",
      });
    plain[name] = facts;
  }
  const parsed = platformSchema.safeParse({ ...input, services: plain });
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      problems.push({ path: joinPath(issue.path), message: issue.message, fix: fixFor(issue) });
    throw new InputError(`platform ${String(input.name)} is not valid`, problems);
  }
  const services = Object.fromEntries(
    Object.entries(parsed.data.services).map(([name, facts]) => [
      name,
      { ...facts, name, env: envs.get(name) ?? (() => ({})) },
    ]),
  );
  const model: PlatformModel = { ...parsed.data, services };
  problems.push(...crossCheck(model));
  if (problems.length > 0) throw new InputError(`platform ${model.name} is not valid`, problems);
  return deepFreeze(model);
}

function fixFor(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `remove or rename ${issue.keys.join(", ")}`;
  if (issue.code === "invalid_type") return `give it a value of type ${issue.expected}`;
  return "change the value so that the rule holds";
}

function deepFreeze<T>(subject: T): T {
  if (typeof subject === "object" && subject !== null && !Object.isFrozen(subject)) {
    Object.freeze(subject);
    for (const child of Object.values(subject)) deepFreeze(child);
  }
  return subject;
}
