import {
  type Admin,
  ConfigResourceTypes,
  ConfigSources,
  IncrementalAlterConfigOperationTypes,
} from "@platformatic/kafka";
import type { Done } from "../store.ts";

/** How many copies must have a record before it counts as written. */
export const minInSync = "min.insync.replicas";

/**
 * Sets options of topics that are there already; what is not named stays.
 * @param explicit whether a topic must have them itself: the brokers' default changes before their number does.
 */
export async function bringConfigs(
  admin: Admin,
  topics: ReadonlyMap<string, Readonly<Record<string, string>>>,
  { explicit }: { readonly explicit: boolean },
): Promise<Done[]> {
  const asked = [...topics].filter(([, configs]) => Object.keys(configs).length > 0);
  if (asked.length === 0) return [];
  const now = await configsOf(
    admin,
    asked.map(([topic, configs]) => [topic, Object.keys(configs)]),
  );
  const changed = asked.flatMap(([topic, configs]) =>
    Object.entries(configs).flatMap(([name, value]) => {
      const found = now.get(topic)?.get(name);
      return found?.value === value && (found.own || !explicit) ? [] : [{ topic, name, value }];
    }),
  );
  if (changed.length === 0) return [];
  await admin.incrementalAlterConfigs({
    resources: [...new Set(changed.map(({ topic }) => topic))].map((resourceName) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName,
      configs: changed
        .filter(({ topic }) => topic === resourceName)
        .map(({ name, value }) => ({
          name,
          configOperation: IncrementalAlterConfigOperationTypes.SET,
          value,
        })),
    })),
  });
  return changed.map(({ topic, name }) => ({ object: `${name} of topic ${topic}`, result: "altered" }));
}

/** Lets topics be written that ask for more copies than there can be. What asks for fewer stays. */
export async function lowerMinInSync(admin: Admin, topics: readonly string[], most: number): Promise<Done[]> {
  const now = await configsOf(
    admin,
    topics.map((topic) => [topic, [minInSync]]),
  );
  const tooMuch = topics.filter((topic) => Number(now.get(topic)?.get(minInSync)?.value ?? 1) > most);
  return bringConfigs(admin, new Map(tooMuch.map((topic) => [topic, { [minInSync]: String(most) }])), {
    explicit: false,
  });
}

/** An option as a topic has it. */
interface Option {
  readonly value: string | null;
  /** The topic's own, not the brokers' default. */
  readonly own: boolean;
}

async function configsOf(
  admin: Admin,
  topics: readonly (readonly [topic: string, names: readonly string[]])[],
): Promise<Map<string, Map<string, Option>>> {
  if (topics.length === 0) return new Map();
  const described = await admin.describeConfigs({
    resources: topics.map(([topic, names]) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName: topic,
      configurationKeys: [...names],
    })),
  });
  return new Map(
    described.map(({ resourceName, configs }) => [
      resourceName,
      new Map(
        configs.map(({ name, value, configSource }) => [
          name,
          { value: value ?? null, own: configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG },
        ]),
      ),
    ]),
  );
}
