import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { InputError } from "../../core/problems.ts";

/**
 * Where the container engine is: what `DOCKER_HOST` says; else the context that Docker's own command line would use
 * (`DOCKER_CONTEXT`, or the one chosen by `docker context use`); else the first socket that is there. With
 * `CONTAINER_TOOL=podman` Podman's sockets come before contexts.
 * @returns an address with its scheme (unix, tcp, ssh, npipe, http, https), or undefined when there is none.
 * @throws {InputError} when the chosen context is not there.
 */
export function engineAddress(): string | undefined {
  const { DOCKER_HOST, CONTAINER_TOOL } = process.env;
  if (DOCKER_HOST) return withScheme(DOCKER_HOST);
  const podman = CONTAINER_TOOL === "podman" ? firstSocket(podmanSockets()) : undefined;
  return podman ?? chosenContext()?.host ?? firstSocket([...dockerSockets(), ...podmanSockets()]);
}

/** What says where the engine is, as a person may change it; undefined where it is the usual socket. */
export function engineNamedBy(): string | undefined {
  if (process.env.DOCKER_HOST) return "DOCKER_HOST";
  if (process.env.CONTAINER_TOOL === "podman" && firstSocket(podmanSockets()) !== undefined)
    return "CONTAINER_TOOL";
  return chosenContext()?.chosenBy;
}

/**
 * The environment that makes other programs (docker, buildx, Pulumi's provider) use the same engine.
 * @param address where it is; undefined leaves the choice to them.
 */
export function engineEnvironment(address: string | undefined): Record<string, string> {
  if (address === undefined) return {};
  const certificates = certificatesFor(address);
  return {
    DOCKER_HOST: address,
    // Pulumi's provider would take it before DOCKER_HOST, and looks for it in ~/.docker alone.
    ...(process.env.DOCKER_CONTEXT && { DOCKER_CONTEXT: "" }),
    ...(certificates !== undefined && { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates }),
  };
}

/**
 * The folder with `ca.pem`, `cert.pem` and `key.pem` for an engine that is spoken to by TLS; undefined for any other.
 * Source: Docker, "Protect the Docker daemon socket": `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH`, by default `~/.docker`.
 */
export function certificatesFor(address: string): string | undefined {
  if (!/^(tcp|https?):/.test(address)) return undefined;
  const { DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = process.env;
  if (DOCKER_CERT_PATH) return DOCKER_CERT_PATH;
  if (DOCKER_TLS_VERIFY || address.startsWith("https:")) return dockerDirectory();
  const context = process.env.DOCKER_HOST ? undefined : chosenContext();
  return context?.host === address ? context.certificates : undefined;
}

/** Docker's command line takes an address without a scheme for TCP. */
export const withScheme = (address: string): string =>
  /^[a-z]+:\/\//.test(address) ? address : `tcp://${address}`;

/** Docker's own folder of settings. */
const dockerDirectory = (): string => process.env.DOCKER_CONFIG || join(homedir(), ".docker");

interface Context {
  /** The variable, or the file with its name. */
  readonly chosenBy: string;
  readonly host: string;
  /** Where its certificates are, when it has any. */
  readonly certificates: string | undefined;
}

/** What Docker's command line keeps of a context, in `contexts/meta/<SHA-256 of the name>/meta.json`. */
interface ContextFile {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string } };
}

/** The context that somebody chose, unless it is the default, which is the usual socket. */
function chosenContext(): Context | undefined {
  const directory = dockerDirectory();
  const chosenBy = process.env.DOCKER_CONTEXT ? "DOCKER_CONTEXT" : join(directory, "config.json");
  const name =
    process.env.DOCKER_CONTEXT ||
    readJson<{ readonly currentContext?: string }>(join(directory, "config.json"))?.currentContext;
  if (!name || name === "default") return undefined;
  const id = createHash("sha256").update(name).digest("hex");
  const host = readJson<ContextFile>(join(directory, "contexts/meta", id, "meta.json"))?.Endpoints?.docker
    ?.Host;
  if (!host)
    throw new InputError("the container engine cannot be found", [
      {
        path: chosenBy,
        message: `chooses the context ${JSON.stringify(name)}, which is not there`,
        fix: "docker context ls names those that are; then: docker context use <name>",
      },
    ]);
  const certificates = join(directory, "contexts/tls", id, "docker");
  return {
    chosenBy,
    host: withScheme(host),
    certificates: existsSync(certificates) ? certificates : undefined,
  };
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    // Docker's own command line goes on without settings that are missing or that nobody can read, with a warning.
    return undefined;
  }
}

const firstSocket = (paths: readonly string[]): string | undefined => {
  const socket = paths.find((path) => existsSync(path));
  return socket === undefined ? undefined : `unix://${socket}`;
};

const runtimeDirectory = (): string => process.env.XDG_RUNTIME_DIR ?? "/run";

/** The system's engine, a rootless one, Docker Desktop on macOS and on Linux. Others make themselves known as a context. */
const dockerSockets = (): string[] => [
  "/var/run/docker.sock",
  join(runtimeDirectory(), "docker.sock"),
  join(homedir(), ".docker/run/docker.sock"),
  join(homedir(), ".docker/desktop/docker.sock"),
];

const podmanSockets = (): string[] => [
  join(runtimeDirectory(), "podman/podman.sock"),
  "/run/podman/podman.sock",
];
