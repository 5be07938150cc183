import { storeHosts } from "../../stores/index.ts";

/** One step of a previewed run. */
export interface PlannedStep {
  /** As Pulumi calls it: `create`, `update`, `replace`, `delete` … */
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  /** The properties that change, by their first words. */
  readonly diffs?: readonly string[] | undefined;
  /** The state lets go of it, and what it stands for stays. */
  readonly retained?: boolean | undefined;
}

/** What has data in it. */
const holders: Readonly<Record<string, string>> = {
  "docker:index/volume:Volume": "volume",
  "kubernetes:core/v1:PersistentVolumeClaim": "claim",
  "kubernetes:core/v1:PersistentVolume": "volume",
  "kubernetes:core/v1:Namespace": "namespace",
};
const statefulSet = "kubernetes:apps/v1:StatefulSet";
/** What works on data. */
const servers: Readonly<Record<string, string>> = {
  "docker:index/container:Container": "container",
  [statefulSet]: "stateful set",
};
const hosts: readonly string[] = Object.values(storeHosts);

/** What a run would do to things with data, a line each: every deletion, replacement and restart of one. */
export function risksOf(steps: readonly PlannedStep[]): string[] {
  return steps.flatMap(({ op, urn, type, diffs = [], retained }) => {
    const name = urn.split("::").pop() ?? urn;
    const holder = holders[type];
    if (holder !== undefined) {
      if (op === "delete")
        return [
          `${holder} ${name} ${retained ? "leaves the stack; its data stays" : "is DELETED with its data"}`,
        ];
      return op === "replace" ? [`${holder} ${name} is REPLACED by an empty one`] : [];
    }
    const server = servers[type];
    // A set's members have volumes, whatever it is called; on an engine the name tells a store's container from others.
    if (server === undefined || (type !== statefulSet && !isStore(name))) return [];
    if (op === "delete") return [`${server} ${name} is deleted`];
    if (op === "replace") return [`${server} ${name} is replaced: it restarts, on the volumes it has`];
    // Labels and annotations of its own, and how many there are, restart no pod.
    const restarts = type.startsWith("docker:") ? [] : diffs.filter((path) => path.startsWith("spec"));
    return op === "update" && restarts.length > 0 ? [`${server} ${name} is changed: its pods restart`] : [];
  });
}

/** Also by the number of a member: `mongo-0`. */
const isStore = (name: string): boolean => hosts.includes(name.replace(/-\d+$/, "")) || hosts.includes(name);
