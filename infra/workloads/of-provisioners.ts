import { dirname } from "node:path/posix";
import type { PlatformModel } from "../../config/define/model.ts";
import { externalStores } from "../../config/settings/schema.ts";
import { useOfStore } from "../../config/store-use.ts";
import { provisionerOf, retireOf } from "../../core/names.ts";
import { asValue, secretOf, type Value } from "../../core/value.ts";
import type { FileSet, Workload } from "../../core/workload.ts";
import { provisionedKinds, type StoreKind, storeHosts, storeOf } from "../../stores/index.ts";
import { certificateFile, type Provisioning, passwordFile } from "../../stores/store.ts";
import { type Runtime, stackEnvironment } from "./runtime.ts";

/** Longer than an engine needs to see that a one-shot has done its work, seconds. */
const linger = "20";

/**
 * The programs that bring each store to what the definition declares. Their plan is a file, so that a changed plan is a
 * changed workload, which runs again.
 */
export const provisionerWorkloads = (platform: PlatformModel, runtime: Runtime): Workload[] =>
  provisionedKinds
    .filter((kind) => platform.stores[kind] !== undefined)
    .map((kind) => provisioner(platform, runtime, kind));

/**
 * The programs that empty members of a store before there are fewer, and the store's host. They are there where a store has not as
 * many members as it may have: nobody knows how many there were.
 */
export function retirements(
  platform: PlatformModel,
  runtime: Runtime,
): { readonly store: string; readonly workload: Workload }[] {
  if (runtime.kind !== "cluster") return [];
  const { settings, memberHost } = runtime;
  return provisionedKinds
    .filter((kind) => platform.stores[kind] !== undefined && externalStores(settings)[kind] === undefined)
    .flatMap((kind) => {
      const use = useOfStore(platform, settings, kind, memberHost);
      const retirement = storeOf(kind).provision?.retirement?.(use);
      if (retirement === undefined) return [];
      const args = { role: "retirement", name: retireOf(kind), dependsOn: [], ca: undefined } as const;
      return [{ store: storeHosts[kind], workload: program(runtime, retirement, args) }];
    });
}

function provisioner(platform: PlatformModel, runtime: Runtime, kind: StoreKind): Workload {
  const memberHost = runtime.kind === "cluster" ? runtime.memberHost : undefined;
  const use = useOfStore(platform, runtime.settings, kind, memberHost);
  const provisioning = storeOf(kind).provision?.plan(use);
  if (provisioning === undefined) throw new Error(`${kind} has nothing to provision`);
  return program(runtime, provisioning, {
    role: "provisioner",
    name: provisionerOf(kind),
    dependsOn: externalStores(runtime.settings)[kind] === undefined ? [storeHosts[kind]] : [],
    ca: use.external?.ca,
  });
}

/** Which program it is, and what it waits for. */
interface ProgramArgs {
  readonly role: "provisioner" | "retirement";
  readonly name: string;
  readonly dependsOn: readonly string[];
  readonly ca: string | undefined;
}

function program(
  runtime: Runtime,
  provisioning: Provisioning,
  { role, name, dependsOn, ca }: ProgramArgs,
): Workload {
  const plan = asValue(JSON.stringify(provisioning.plan, undefined, 1));
  const passwords = filesOf(
    { name, volume: "secrets", directory: dirname(passwordFile("any")) },
    Object.fromEntries(provisioning.secrets.map((secret) => [secret, secretOf(secret)])),
  );
  const common = {
    role,
    name,
    host: name,
    image: { program: "provision" },
    env: stackEnvironment(runtime.stack),
    endpoints: [],
    volumes: [],
    memoryMiB: 192,
    members: { job: true },
    stopGraceSeconds: 5,
    dependsOn,
  } as const;
  if (runtime.kind === "engine")
    return {
      ...common,
      args: ["/run/plan.json", ...(runtime.waitsForExit ? [] : [linger])],
      files: [{ name, volume: "plan", directory: "/run", files: { "plan.json": plan } }, ...passwords],
      // Healthy once it has done its work.
      ...(!runtime.waitsForExit && {
        health: {
          ready: { exec: ["test", "-e", "/tmp/provisioned"] },
          everySeconds: 0.5,
          startupSeconds: 60,
        },
      }),
      withoutCapabilities: true,
      restartWith: dependsOn,
    };
  const directory = dirname(certificateFile);
  return {
    ...common,
    args: [`${directory}/plan.json`],
    files: [
      {
        name,
        volume: "plan",
        directory,
        files: { "plan.json": plan, ...(ca !== undefined && { "ca.pem": asValue(ca) }) },
      },
      ...passwords,
    ],
    scratch: [{ name: "tmp", path: "/tmp" }],
    cpu: "50m",
    deadlineSeconds: provisioning.deadlineSeconds ?? 300,
    restartWith: [],
  };
}

const filesOf = (place: Omit<FileSet, "files">, files: Readonly<Record<string, Value>>): FileSet[] =>
  Object.keys(files).length === 0 ? [] : [{ ...place, files }];
