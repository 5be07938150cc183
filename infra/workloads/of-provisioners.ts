import { dirname } from "node:path/posix";
import type { PlatformModel } from "../../config/define/model.ts";
import type { Settings } from "../../config/settings/schema.ts";
import { useOfStore } from "../../config/store-use.ts";
import { provisionerOf } from "../../core/names.ts";
import { asValue, secretOf, type Value } from "../../core/value.ts";
import type { FileSet, Workload } from "../../core/workload.ts";
import { provisionedKinds, type StoreKind, storeHosts, storeOf } from "../../stores/index.ts";
import { certificateFile, passwordFile } from "../../stores/store.ts";
import type { Ground } from "./ground.ts";

/** Longer than an engine needs to see that a one-shot has done its work, seconds. */
const linger = "20";

/**
 * The programs that bring each store to what the definition declares. Their plan is a file, so that a changed plan is a
 * changed workload, which runs again.
 */
export const provisioners = (platform: PlatformModel, settings: Settings, ground: Ground): Workload[] =>
  provisionedKinds
    .filter((kind) => platform.stores[kind] !== undefined)
    .map((kind) => provisioner(platform, settings, ground, kind));

function provisioner(platform: PlatformModel, settings: Settings, ground: Ground, kind: StoreKind): Workload {
  const use = useOfStore(platform, settings, kind, ground.kind === "cluster" ? ground.memberHost : undefined);
  const provisioning = storeOf(kind).provision?.plan(use);
  if (provisioning === undefined) throw new Error(`${kind} has nothing to provision`);
  const name = provisionerOf(kind);
  const plan = asValue(JSON.stringify(provisioning.plan, undefined, 1));
  const ca = use.external?.ca;
  const own = settings.external[kind] === undefined ? [storeHosts[kind]] : [];
  const passwords = filesOf(
    { name, volume: "secrets", directory: dirname(passwordFile("any")) },
    Object.fromEntries(provisioning.secrets.map((secret) => [secret, secretOf(secret)])),
  );
  const common = {
    role: "provisioner",
    name,
    host: name,
    image: { program: "provision" },
    env: {},
    endpoints: [],
    volumes: [],
    memoryMiB: 192,
    members: { once: true },
    stopGraceSeconds: 5,
    after: own,
  } as const;
  if (ground.kind === "engine")
    return {
      ...common,
      args: ["/run/plan.json", ...(ground.waitsForExit ? [] : [linger])],
      files: [{ name, volume: "plan", directory: "/run", files: { "plan.json": plan } }, ...passwords],
      // Healthy once it has done its work.
      ...(!ground.waitsForExit && {
        health: {
          ready: { exec: ["test", "-e", "/tmp/provisioned"] },
          everySeconds: 0.5,
          startupSeconds: 60,
        },
      }),
      withoutCapabilities: true,
      restartWith: own,
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
    deadlineSeconds: 300,
    restartWith: [],
  };
}

const filesOf = (place: Omit<FileSet, "files">, files: Readonly<Record<string, Value>>): FileSet[] =>
  Object.keys(files).length === 0 ? [] : [{ ...place, files }];
