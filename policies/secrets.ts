import { exporterOf, validateServiceName } from "../core/names.ts";
import { componentLabel } from "../infra/docker/labels.ts";
import { storeHosts, storeKinds } from "../stores/index.ts";
import { objectsOf, podsOf } from "./kubernetes/objects.ts";
import { type GraphResource, list, type Rule, record, records, type Violation } from "./rule.ts";

/** Names whose value is a credential; `…_FILE` names the place of one instead. */
const telling = /PASSW(OR)?D|SECRET|PRIVATE_KEY|TOKEN|CREDENTIAL|API_?KEY/i;
const isTelling = (name: string): boolean => telling.test(name) && !/_(FILE|PATH)$/i.test(name);
/** Shorter values of a Secret (a user's name, a port) also stand elsewhere by chance. */
const leastLength = 8;

/** Values of Secrets hidden nowhere else: plain text in pods and ConfigMaps is for everybody who may look at them. */
export const secretsOnlyAsSecrets: Rule = {
  name: "secrets-only-as-secrets",
  description: "Values of secrets stand in Secrets alone; containers get them by reference or as files.",
  check: (resources) => {
    const values = valuesOfSecrets(resources);
    const holds = (text: string) => values.some((value) => text.includes(value));
    const inPods = podsOf(resources).flatMap(({ containers }) =>
      containers.flatMap(({ label, fields }): Violation[] => [
        ...records(fields.env)
          .filter(
            ({ name, value }) =>
              typeof value === "string" && value !== "" && (isTelling(String(name)) || holds(value)),
          )
          .map(({ name }) => ({
            resource: label,
            message: `${String(name)} is a secret in plain text`,
            fix: "use valueFrom.secretKeyRef, or mount the Secret as a file",
          })),
        ...(["command", "args"] as const)
          .filter((field) => list(fields[field]).some((part) => holds(String(part))))
          .map((field) => ({
            resource: label,
            message: `${field} holds a secret, which every process list shows`,
            fix: "read it from a file or the environment",
          })),
      ]),
    );
    const inConfigMaps = objectsOf(resources, "ConfigMap").flatMap(({ name, props }) =>
      Object.entries({ ...record(props.data), ...record(props.binaryData) })
        .filter(([, text]) => holds(String(text)))
        .map(([key]) => ({ resource: name, message: `${key} holds a secret`, fix: "put it into a Secret" })),
    );
    return [...inPods, ...inConfigMaps, ...inContainers(resources)];
  },
};

function valuesOfSecrets(resources: readonly GraphResource[]): string[] {
  return objectsOf(resources, "Secret")
    .flatMap(({ props }) => [
      ...Object.values(record(props.stringData)).map(String),
      ...Object.values(record(props.data)).flatMap((encoded) => [
        String(encoded),
        Buffer.from(String(encoded), "base64").toString("utf8"),
      ]),
    ])
    .filter((value) => value.length >= leastLength);
}

/**
 * Containers of the docker target. A service reads its own passwords from its environment, which the engine shows to
 * whoever may use it; everything else takes files.
 */
function inContainers(resources: readonly GraphResource[]): Violation[] {
  return resources
    .filter(({ type, props }) => type === "docker:index/container:Container" && takesFiles(props))
    .flatMap(({ name, props }) =>
      list(props.envs)
        .map((entry) => /^([^=]*)=(.+)$/s.exec(String(entry)))
        .filter(
          (parts) =>
            parts !== null && isTelling(parts[1] as string) && !readsNoFile(name, parts[1] as string),
        )
        .map((parts) => ({
          resource: name,
          message: `${parts?.[1]} is a secret in plain text`,
          fix: "upload it as a file and name that in …_FILE",
        })),
    );
}

/**
 * percona/mongodb_exporter takes its password from a variable or an argument alone (its README, "Configuration"). Who logs in by it
 * reads figures, and no data.
 */
const readsNoFile = (container: string, variable: string): boolean =>
  container === exporterOf("mongo") && variable === "MONGODB_PASSWORD";

/** Parts of the platform have names that no service may have. */
function takesFiles(props: Readonly<Record<string, unknown>>): boolean {
  const component = String(records(props.labels).find(({ label }) => label === componentLabel)?.value);
  return validateServiceName(component, storeWords) !== undefined;
}

const storeWords = storeKinds.flatMap((kind) => [kind, storeHosts[kind]]);
