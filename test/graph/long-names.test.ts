import { expect, test } from "vitest";
import { registered } from "../../stacks/program.ts";
import { long } from "./long-names.ts";
import { type Registered, register } from "./mocks.ts";

const config = {
  "platform:definition": "test/graph/long-names.ts",
  "platform:source": "sample",
  "platform:environment": "Development",
};
const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^(?!.{254})[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/** Names twice, and those that their rule does not allow; with where they are. */
class Names {
  readonly faults: string[] = [];
  readonly #seen = new Set<string>();

  add(where: string, name: unknown, rule: RegExp, most = 253): void {
    const text = String(name);
    if (!rule.test(text) || text.length > most) this.faults.push(`${where}: ${text} (${text.length})`);
    if (this.#seen.has(`${where} ${text}`)) this.faults.push(`${where}: ${text} twice`);
    this.#seen.add(`${where} ${text}`);
  }
}

interface Pod {
  readonly hostname?: string;
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name: string }[];
}
interface Container {
  readonly name: string;
  readonly ports?: readonly { readonly name?: string }[];
}

/** Every pod that is described somewhere in an object. */
function podsIn(value: unknown): Pod[] {
  if (typeof value !== "object" || value === null) return [];
  const own = "containers" in value && Array.isArray(value.containers) ? [value as Pod] : [];
  return [...own, ...Object.values(value).flatMap(podsIn)];
}

/** Every label of an object, its pods and its selectors. */
function labelsIn(value: unknown): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    ["labels", "matchLabels", "selector"].includes(key) && typeof child === "object" && child !== null
      ? Object.entries(child).filter(([, text]) => typeof text === "string")
      : labelsIn(child),
  );
}

/** What its controller calls after it: pods by a number or an end of five, jobs by the minute. */
const mostOf: Readonly<Record<string, number>> = {
  CronJob: 52,
  StatefulSet: 52,
  Job: 63,
  Service: 63,
  Namespace: 63,
};

function faultsInCluster(all: readonly Registered[]): string[] {
  const names = new Names();
  for (const { type, inputs } of all) {
    const kind = type.split(":").pop() ?? "";
    const metadata = inputs.metadata as { readonly name?: string } | undefined;
    if (metadata?.name === undefined) continue;
    names.add(
      kind,
      metadata.name,
      kind === "Service" || kind === "Namespace" ? dnsLabel : subdomain,
      mostOf[kind],
    );
    const at = `${kind} ${metadata.name}`;
    for (const [key, value] of labelsIn(inputs))
      if (!/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(String(value)))
        names.faults.push(`${at}: label ${key} ${String(value)} (${String(value).length})`);
    podsIn(inputs).forEach((pod, index) => {
      const of = `${at} pod ${index}`;
      for (const { name, ports = [] } of [...(pod.initContainers ?? []), ...(pod.containers ?? [])]) {
        names.add(`${of} container`, name, dnsLabel);
        for (const port of ports)
          if (port.name !== undefined) names.add(`${of} ${name} port`, port.name, dnsLabel, 15);
      }
      for (const { name } of pod.volumes ?? []) names.add(`${of} volume`, name, dnsLabel);
      if (pod.hostname !== undefined) names.add(`${of} host`, pod.hostname, dnsLabel);
    });
    for (const key of Object.keys({ ...(inputs.data as object), ...(inputs.stringData as object) }))
      names.add(`${at} key`, key, /^[A-Za-z0-9._-]+$/);
  }
  return names.faults;
}

function faultsOnEngine(all: readonly Registered[]): string[] {
  const names = new Names();
  for (const { type, inputs } of all) {
    const kind = type.split(":").pop() ?? "";
    if (!["Container", "Volume", "Network"].includes(kind)) continue;
    names.add(kind, inputs.name, /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/, 255);
    if (kind !== "Container") continue;
    if (inputs.hostname !== undefined) names.add("host", inputs.hostname, dnsLabel);
    const networks = inputs.networksAdvanced as readonly { readonly aliases?: readonly string[] }[];
    for (const alias of networks.flatMap(({ aliases = [] }) => aliases)) names.add("alias", alias, dnsLabel);
  }
  return names.faults;
}

// Name and stack together are a namespace and a label.
const stack = long(31, "s");

const bucket = { endpoint: "https://s3.example.org", name: "beat-backups" };
test.each([
  ["a volume", {}],
  [
    "a bucket",
    {
      "platform:backups": JSON.stringify({ to: { bucket } }),
      "platform:secrets": JSON.stringify({
        "backups-access-key-id": "key123456",
        "backups-secret-access-key": "secret123456",
      }),
    },
  ],
])(
  "the longest names fit a cluster that is saved to %s, and none of them becomes another's",
  async (_to, more) => {
    const kubernetes = JSON.stringify({ kafka: { brokers: 3 } });
    const settings = {
      ...config,
      ...more,
      "platform:target": "kubernetes",
      "platform:kubernetes": kubernetes,
    };
    const all = await register(stack, settings, registered);
    const kinds = all.map(({ type }) => type.split(":").pop());
    for (const kind of ["Deployment", "CronJob", "StatefulSet", "Job", "ConfigMap", "NetworkPolicy"])
      expect(kinds).toContain(kind);
    expect(faultsInCluster(all)).toEqual([]);
  },
);

test("and an engine", async () => {
  const all = await register(stack, { ...config, "platform:backups": "{}" }, registered);
  expect(all.filter(({ type }) => type.endsWith(":Container")).length).toBeGreaterThan(15);
  expect(faultsOnEngine(all)).toEqual([]);
});

test("what does not fit would be seen", () => {
  const object = (kind: string, name: string, more: object = {}): Registered => ({
    type: `kubernetes:core/v1:${kind}`,
    name,
    provider: "",
    inputs: { metadata: { name }, ...more },
  });
  expect(faultsInCluster([object("CronJob", "c".repeat(53))])).toHaveLength(1);
  expect(faultsInCluster([object("Secret", "a"), object("Secret", "a")])).toEqual(["Secret: a twice"]);
  const volumes = [{ name: "v".repeat(64) }];
  expect(faultsInCluster([object("Pod", "a", { spec: { containers: [], volumes } })])).toHaveLength(1);
  expect(faultsInCluster([object("Pod", "a", { spec: { selector: { app: "x".repeat(64) } } })])).toHaveLength(
    1,
  );
});
