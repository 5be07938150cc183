import type { Address } from "../../config/addresses.ts";
import type { Endpoint, Role, Workload } from "../../core/workload.ts";
import { healthCheckOf } from "../engine/health-check.ts";
import { escapeDollars, interpolated, secretVariable } from "./interpolation.ts";

/** What stands beside a workload's own words. */
export interface ServiceContext {
  /** What the stack is called on the engine. */
  readonly project: string;
  readonly addresses: ReadonlyMap<string, Address>;
  /** Every workload, by host name. */
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly image: { readonly image: string; readonly build?: object };
  readonly labels: Readonly<Record<string, string>>;
}

/** A file that Compose puts into a container: from the file itself, or from a variable that is secret. */
export interface ComposeFileSource {
  readonly name: string;
  readonly kind: "configs" | "secrets";
  readonly definition: { readonly content: string } | { readonly environment: string };
  readonly target: string;
}

/** A port of the engine's machine, as a variable. */
export interface PortVariable {
  readonly variable: string;
  readonly port: number;
}

const upper = (text: string): string => text.replaceAll("-", "_").toUpperCase();

/**
 * The ports of the host that lead to a workload, as variables for people to change. A listener for programs on the host alone
 * tells them its port, so that one is no variable.
 */
export const portsOf = ({ name, endpoints }: Workload): (PortVariable & { readonly internal: number })[] =>
  endpoints.flatMap((endpoint) =>
    typeof endpoint.published === "number" && !isTold(endpoint)
      ? [
          {
            variable: `PORT_${upper(name)}_${upper(endpoint.name)}`,
            port: endpoint.published,
            internal: endpoint.port,
          },
        ]
      : [],
  );

const isTold = ({ scope, page }: Pick<Endpoint, "scope" | "page">): boolean =>
  scope === "machine" && page === undefined;

const addressOf = (role: Role): string => (role === "gateway" ? "${BIND}" : "${STORES_BIND}");

/** The ports of the host whose number is part of what a workload tells its clients. */
const fixedPortsOf = ({ role, endpoints }: Workload): string[] =>
  endpoints.flatMap((endpoint) =>
    typeof endpoint.published === "number" && isTold(endpoint)
      ? [`${addressOf(role)}:${endpoint.published}:${endpoint.port}`]
      : [],
  );

/** A workload's files. */
export const filesOf = (
  { name, files: sets }: Workload,
  addresses: ReadonlyMap<string, Address>,
): ComposeFileSource[] =>
  sets.flatMap(({ directory, files }) =>
    Object.entries(files).map(([file, value]): ComposeFileSource => {
      const target = `${directory}/${file}`;
      const [part, ...others] = value.parts;
      if (part?.kind === "secret" && others.length === 0)
        return {
          name: part.name,
          kind: "secrets",
          definition: { environment: secretVariable(part.name) },
          target,
        };
      if (value.secret) throw new Error(`${name}: ${target} mixes text and a secret`);
      return {
        name: `${name}-${target.slice(1).replaceAll(/[^a-z0-9-]/g, "-")}`,
        kind: "configs",
        definition: { content: interpolated(value, addresses) },
        target,
      };
    }),
  );

/** A workload as a service of Compose. Source: Compose Specification, "Services". */
export function composeService(
  workload: Workload,
  { project, addresses, workloads, image, labels }: ServiceContext,
): Record<string, unknown> {
  const { host, entrypoint, args, memoryMiB, stopGraceSeconds, volumes, health, members } = workload;
  const job = "job" in members;
  // Whoever reads the file may have an engine before Docker 25, where Compose refuses `start_interval`.
  const check = healthCheckOf(health, { startInterval: false, stopGraceSeconds });
  const files = filesOf(workload, addresses);
  const of = (kind: ComposeFileSource["kind"]) =>
    files
      .filter((file) => file.kind === kind)
      .map(({ name, target }) => ({ source: name, target, mode: 0o444 }));
  const dependencies = workload.dependsOn.map((needed) => [
    workloads.get(needed)?.name ?? needed,
    {
      condition: conditionOf(workloads.get(needed)),
    },
  ]);
  return {
    ...image,
    // As Pulumi calls it: two of one name cannot be, so the two never run side by side on one store's data.
    container_name: `${project}-${workload.name}`,
    hostname: host,
    ...(entrypoint && { entrypoint: entrypoint.map(escapeDollars) }),
    ...(args && { command: args.map(escapeDollars) }),
    environment: Object.fromEntries(
      Object.entries(workload.env)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => [name, interpolated(value, addresses)]),
    ),
    ...(of("configs").length > 0 && { configs: of("configs") }),
    ...(of("secrets").length > 0 && { secrets: of("secrets") }),
    ...(workload.user && { user: userOf(workload.user) }),
    ...(workload.scratch && { tmpfs: workload.scratch.map(({ path }) => path) }),
    ...(workload.afterStart && { post_start: [{ command: workload.afterStart.map(escapeDollars) }] }),
    ports: [
      ...fixedPortsOf(workload),
      ...portsOf(workload).map(
        ({ variable, internal }) => `${addressOf(workload.role)}:\${${variable}}:${internal}`,
      ),
    ],
    volumes: volumes.map(({ name, path }) => `${name}:${path}`),
    networks: { default: { aliases: [host, ...(workload.aliases ?? [])] } },
    ...(check && {
      healthcheck: {
        test: check.test.map(escapeDollars),
        interval: check.interval,
        timeout: check.timeout,
        retries: check.retries,
        start_period: check.startPeriod,
      },
    }),
    ...(dependencies.length > 0 && { depends_on: Object.fromEntries(dependencies) as object }),
    restart: job ? "no" : "unless-stopped",
    init: true,
    mem_limit: `${memoryMiB}m`,
    memswap_limit: `${memoryMiB}m`,
    ...(workload.sharedMemoryMiB !== undefined && { shm_size: `${workload.sharedMemoryMiB}m` }),
    stop_grace_period: `${stopGraceSeconds}s`,
    read_only: workload.readOnlyRoot ?? false,
    ...(workload.withoutCapabilities && { cap_drop: ["ALL"] }),
    security_opt: ["no-new-privileges:true"],
    logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } },
    labels,
  };
}

const userOf = ({ uid, gid }: NonNullable<Workload["user"]>): string => `${uid}:${gid ?? uid}`;

function conditionOf(needed: Workload | undefined): string {
  if (needed !== undefined && "job" in needed.members) return "service_completed_successfully";
  return healthCheckOf(needed?.health) === undefined ? "service_started" : "service_healthy";
}
