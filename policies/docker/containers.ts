import { componentLabel } from "../../infra/docker/labels.ts";
import { storeHosts } from "../../stores/index.ts";
import { type GraphResource, list, type Rule, record, records, type Violation } from "../rule.ts";

const containersOf = (resources: readonly GraphResource[]): readonly GraphResource[] =>
  resources.filter(({ type }) => type === "docker:index/container:Container");

const each = (
  name: string,
  description: string,
  find: (props: GraphResource["props"]) => readonly (Omit<Violation, "resource"> | false)[],
): Rule => ({
  name,
  description,
  check: (resources) =>
    containersOf(resources).flatMap((container) =>
      find(container.props)
        .filter((found) => found !== false)
        .map((found) => ({ resource: container.name, ...found })),
    ),
});

/** Nothing of the machine is in reach of a container. */
export const noMachineAccess = each(
  "no-machine-access",
  "Containers on an engine are not privileged and use no path, device or namespace of the machine.",
  (props) => [
    props.privileged === true && { message: "is privileged", fix: "remove privileged" },
    ...["networkMode", "pidMode", "ipcMode", "usernsMode"].map(
      (mode) =>
        props[mode] === "host" && { message: `uses the machine's ${mode}`, fix: `remove ${mode}: host` },
    ),
    ...records(props.volumes).map(
      ({ hostPath }) =>
        typeof hostPath === "string" &&
        hostPath !== "" && { message: `mounts ${hostPath} of the machine`, fix: "use a volume" },
    ),
    ...records(props.mounts).map(
      ({ type, source }) =>
        type === "bind" && { message: `mounts ${String(source)} of the machine`, fix: "use a volume" },
    ),
    list(props.devices).length > 0 && { message: "uses devices of the machine", fix: "remove devices" },
    list(record(props.capabilities).adds).length > 0 && {
      message: "adds capabilities",
      fix: "remove capabilities.adds",
    },
  ],
);

/** One container that runs wild must not take the machine with it. */
export const boundedContainers = each(
  "bounded-containers",
  "Containers on an engine have a memory limit, a restart policy, a health check, rotated logs, and gain no privileges.",
  (props) => [
    !(Number(props.memory) > 0) && { message: "has no memory limit", fix: "set memory and memorySwap" },
    !["unless-stopped", "always", "on-failure"].includes(String(props.restart)) &&
      // A one-shot is over when it is over.
      !(props.restart === "no" && props.mustRun === false) && {
        message: "is not started again when it dies",
        fix: "restart: unless-stopped",
      },
    !list(props.securityOpts).some((option) => /^no-new-privileges(:true|=true)?$/.test(String(option))) && {
      message: "may gain privileges",
      fix: "securityOpts: [no-new-privileges:true]",
    },
    (record(props.logOpts)["max-size"] === undefined || record(props.logOpts)["max-file"] === undefined) && {
      message: "writes logs without bound",
      fix: "set max-size and max-file in logOpts",
    },
    list(record(props.healthcheck).tests).length === 0 && {
      message: "has no health check",
      fix: "give it a healthcheck",
    },
  ],
);

const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Redis and Kafka have no credentials: whoever reaches them owns them. */
export const storesOnLoopback = each(
  "stores-on-loopback",
  "Stores on an engine publish ports on loopback only, or none.",
  (props) => {
    const component = records(props.labels).find(({ label }) => label === componentLabel)?.value;
    const stores: readonly unknown[] = Object.values(storeHosts);
    if (!stores.includes(component)) return [];
    return records(props.ports).map(
      ({ ip, external }) =>
        !loopback.test(String(ip ?? "0.0.0.0")) && {
          message: `publishes port ${String(external)} on ${String(ip ?? "every address")}`,
          fix: "platform:storesBind: 127.0.0.1, or platform:ports.<store>: false",
        },
    );
  },
);
