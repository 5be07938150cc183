import type { z } from "zod";
import { deepFreeze } from "../../core/freeze.ts";
import { InputError, type Problem } from "../../core/problems.ts";
import type { StoreKind } from "../../stores/index.ts";
import type { topicSchema } from "../../stores/topics.ts";
import { crossCheck } from "./cross-check.ts";
import { definitionProblems } from "./definition-problems.ts";
import { type PlatformModel, platformSchema, type ServiceModel, type storesSchema } from "./model.ts";
import type { Service } from "./service.ts";

/** A word that is written out; a wider type, such as `string`, says nothing that could be wrong. */
type Written<Word> = Word extends string ? (string extends Word ? never : Word) : never;

/** Kinds of stores that are needed for certain. */
type KindsIn<Needs> = {
  [Kind in keyof Needs & StoreKind]: undefined extends Needs[Kind] ? never : Kind;
}[keyof Needs & StoreKind];

/** Topics that are named in what is asked of a store. */
type TopicsIn<Need> = Need extends { readonly publishes?: infer P; readonly consumes?: infer C }
  ? WordsIn<P> | WordsIn<C>
  : never;
type WordsIn<List> = List extends readonly (infer Word)[] ? Written<Word> : never;

/** What a service needs and its platform does not have, in words; never when all is there. */
type Lacking<N, Topic, Name, Kind> =
  | `the platform has no ${Exclude<KindsIn<N>, Kind>}: add it to stores`
  | `no topic is named ${Exclude<{ [K in keyof N]: TopicsIn<N[K]> }[keyof N], Topic>}: add it to topics`
  | `no service is named ${N extends { readonly calls: infer C } ? Exclude<WordsIn<C>, Name> : never}: correct calls`;

/** What is handed to {@link definePlatform}; of undeclared stores, topics and callees the compiler says which they are. */
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
      ? [Lacking<N, keyof Topics, keyof Services, keyof Stores>] extends [never]
        ? Services[S]
        : Lacking<N, keyof Topics, keyof Services, keyof Stores>
      : "what defineService({ … }) returns";
  };
  readonly gateway: z.input<typeof platformSchema>["gateway"];
  readonly journey?: z.input<typeof platformSchema>["journey"];
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
      problems.push(...definitionProblems(issue, { ...input, services: plain }));
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
