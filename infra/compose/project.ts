import { type Address, addressesOf } from "../../config/addresses.ts";
import { imageReference } from "../../config/catalogue.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import type { DockerSettings } from "../../config/settings/schema.ts";
import { stackImages } from "../../config/stack-images.ts";
import { urlHost } from "../../core/addresses.ts";
import { componentLabel, stackName } from "../../core/names.ts";
import type { OwnProgram, Workload } from "../../core/workload.ts";
import { buildContext } from "../images/own-images.ts";
import { fingerprintOf } from "../workloads/fingerprint.ts";
import { referenceOf } from "../workloads/image-reference.ts";
import { type Transform, workloadsOf } from "../workloads/plan.ts";
import { revisionVariable, secretVariable, variableLine } from "./interpolation.ts";
import { composeService, filesOf, portsOf } from "./service.ts";

/** A platform as a Compose project: nothing in it is secret. */
export interface ComposeProject {
  readonly stack: string;
  /** The Compose file, as JSON or YAML can write it. */
  readonly file: Readonly<Record<string, unknown>>;
  /** `.env`: ports and addresses, for people to change. */
  readonly env: string;
  /** Variables that `secrets.env` must set, by the secret they hold. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Images of services that `./beat images build` makes from their sources, and that are in no registry. */
  readonly unpublished: readonly string[];
  /** Volumes that nothing of Compose's may delete: it makes none of them either. */
  readonly kept: readonly string[];
  /** Build contexts of the project's own programs: folder under `images/`, file, content. */
  readonly images: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>;
}

/** What a project is made from. */
export interface ComposeArgs {
  readonly platform: PlatformModel;
  readonly settings: DockerSettings;
  readonly stack: string;
  /** The project's root folder, absolute. */
  readonly root: string;
  readonly transform?: Transform | undefined;
}

/**
 * The platform for `docker compose up --wait`: the same workloads that Pulumi runs on an engine, with the same volumes, so
 * that what a stack holds is still there.
 */
export async function composeProject(args: ComposeArgs): Promise<ComposeProject> {
  const { platform, settings, stack, root, transform } = args;
  const id = stackName(platform.name, stack);
  const all = workloadsOf(platform, { kind: "engine", settings, stack, id, waitsForExit: true }, transform);
  const addresses = addressesOf(platform, settings);
  const workloads = new Map(all.map((workload) => [workload.host, workload]));
  const files = all.flatMap((workload) => filesOf(workload, addresses));
  const sources = (kind: "configs" | "secrets") =>
    Object.fromEntries(
      files.filter((file) => file.kind === kind).map(({ name, definition }) => [name, definition]),
    );
  const file = {
    name: id,
    services: Object.fromEntries(
      all.map((workload) => [
        workload.name,
        composeService(workload, {
          project: id,
          addresses,
          workloads,
          image: imageOf(workload, id, settings),
          labels: {
            [componentLabel]: workload.name,
            ...revisionLabels(workload, workloads, { settings, addresses }),
          },
        }),
      ]),
    ),
    volumes: Object.fromEntries(
      all.flatMap(({ volumes }) =>
        // `docker compose down --volumes` deletes every other. Source: Compose Specification, "Volumes", external.
        volumes.map(({ name, kept }) => [name, { name: `${id}-${name}`, ...(kept && { external: true }) }]),
      ),
    ),
    configs: sources("configs"),
    secrets: sources("secrets"),
  };
  return {
    stack,
    file,
    env: envOf(all, settings),
    secrets: secretsOf(all),
    unpublished: stackImages(platform, settings)
      .filter(({ built }) => built)
      .map(({ reference }) => reference),
    kept: [
      ...new Set(
        all.flatMap(({ volumes }) => volumes.flatMap(({ name, kept }) => (kept ? `${id}-${name}` : []))),
      ),
    ],
    images: await contextsOf(all, root),
  };
}

/**
 * Compose makes a container anew when something in its definition changes, and neither the content of a file nor a restart of
 * something else is part of that (docker/compose, issue 11900). Labels are, so these say what a container must follow.
 */
function revisionLabels(
  workload: Workload,
  workloads: ReadonlyMap<string, Workload>,
  place: { readonly settings: DockerSettings; readonly addresses: ReadonlyMap<string, Address> },
): Record<string, string> {
  const causes = workload.restartWith.flatMap((host) => workloads.get(host) ?? []);
  const secrets = secretsInFiles(workload);
  return {
    ...(workload.files.length > 0 && {
      "org.beat-ecoprove.files": fingerprintOf([{ ...workload, members: { job: true } }], place),
    }),
    ...(secrets.length > 0 && {
      "org.beat-ecoprove.secrets": secrets.map((name) => `\${${revisionVariable(name)}:-}`).join("-"),
    }),
    ...(causes.length > 0 && { "org.beat-ecoprove.restarted-with": fingerprintOf(causes, place) }),
  };
}

/** Secrets that a workload reads from files. */
const secretsInFiles = ({ files }: Workload): string[] =>
  files
    .flatMap((set) => Object.values(set.files))
    .flatMap(({ parts }) => parts.flatMap((part) => (part.kind === "secret" ? [part.name] : [])));

const envOf = (workloads: readonly Workload[], settings: DockerSettings): string =>
  [
    "# Where the platform is reached on this machine. No secret is here: those are in secrets.env.",
    variableLine("BIND", urlHost(settings.bind)),
    variableLine("STORES_BIND", urlHost(settings.storesBind)),
    ...workloads.flatMap(portsOf).map(({ variable, port }) => variableLine(variable, String(port))),
    "",
  ].join("\n");

const secretsOf = (workloads: readonly Workload[]): ReadonlyMap<string, string> =>
  new Map(
    workloads
      .flatMap(({ env, files }) => [
        ...Object.values(env),
        ...files.flatMap((set) => Object.values(set.files)),
      ])
      .flatMap(({ parts }) => parts)
      .flatMap((part): [string, string][] =>
        part.kind === "secret" ? [[part.name, secretVariable(part.name)]] : [],
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

function imageOf({ image }: Workload, id: string, settings: DockerSettings) {
  if (!("program" in image)) return { image: referenceOf(image, settings.images) };
  return {
    image: `localhost/${id}-${image.program}:compose`,
    build: { context: `images/${image.program}`, args: { BASE: imageReference("node", settings.images) } },
  };
}

async function contextsOf(workloads: readonly Workload[], root: string): Promise<ComposeProject["images"]> {
  const programs = new Map<OwnProgram, Readonly<Record<string, string>>>();
  for (const { image } of workloads)
    if ("program" in image) programs.set(image.program, { ...programs.get(image.program), ...image.files });
  const contexts = [...programs].map(
    async ([program, extra]) => [program, await buildContext(program, root, extra)] as const,
  );
  return Object.fromEntries(await Promise.all(contexts));
}
