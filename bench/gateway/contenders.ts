import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gatewayRoutes, haproxyProxy, nginxProxy, nginxUpstream, type Ports } from "./configs.ts";
import { gatewayFile, gatewayFlags } from "./ours.ts";
import { installed, type Launch } from "./process.ts";

/** A proxy under measurement. */
export interface Contender {
  readonly name: string;
  /** Why it cannot take part here; unset when it can. */
  readonly missing?: string | undefined;
  /** Cases it is left out of, and the cores it gets when not the proxy's one. */
  readonly cores?: string;
  /** Writes its configuration below `folder` and says how to start it. */
  readonly prepare: (folder: string, port: number, to: Ports) => Launch;
}

const here = fileURLToPath(new URL(".", import.meta.url));
const program = (name: string): string | undefined =>
  installed(name) ? undefined : `the Debian package ${name} is not installed`;
const peer = (name: string): string | undefined =>
  existsSync(`${here}node_modules/${name}`) ? undefined : "run npm ci --prefix bench/gateway first";

/** How a build of the gateway is run: the Node, its flags (the last one of a kind counts), extra environment, and whether it logs to a file. */
export interface Build {
  readonly node: string;
  readonly flags: readonly string[];
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: boolean;
}

/** The built gateway as it ships. */
export const shipped = (node: string, log: boolean, env: Record<string, string> = {}): Build => ({
  node,
  flags: gatewayFlags,
  file: gatewayFile,
  env,
  log,
});

/** A build of ours. Without its log it gets GATEWAY_ACCESS_LOG=off, and its output is discarded. */
export const gateway = (name: string, build: Build, cores?: string): Contender => ({
  name,
  missing: existsSync(build.file) ? undefined : `${build.file} is missing: run npm run build`,
  ...(cores !== undefined && { cores }),
  prepare(folder, port, to) {
    writeFileSync(`${folder}/routes.json`, gatewayRoutes(to));
    const log = build.log ? {} : { GATEWAY_ACCESS_LOG: "off" };
    return {
      command: [build.node, ...build.flags, build.file],
      env: {
        GATEWAY_ROUTES: `${folder}/routes.json`,
        PROXY_HOST: "127.0.0.1",
        PROXY_PORT: String(port),
        ...log,
        ...build.env,
      },
      output: build.log ? `${folder}/access.log` : undefined,
    };
  },
});

/**
 * A build to compare, as `name=[VARIABLE=value ...] [--node-flag ...] file`; its log is off unless GATEWAY_ACCESS_LOG=on.
 * @throws when it names no file.
 */
export function variant(text: string, node: string): Contender {
  const [name = "", rest = ""] = text.split(/=(.*)/s);
  const words = rest.split(/\s+/).filter(Boolean);
  const file = words.pop();
  if (name === "" || file === undefined)
    throw new Error(`--variant ${text}: must be name=path/to/gateway.mjs`);
  const flags = words.filter((word) => word.startsWith("-"));
  const env = words.filter((word) => !word.startsWith("-")).map((word) => word.split(/=(.*)/s).slice(0, 2));
  const set = Object.fromEntries(env) as Record<string, string>;
  return gateway(name, {
    node,
    flags: [...gatewayFlags, ...flags],
    file,
    env: set,
    log: set.GATEWAY_ACCESS_LOG === "on",
  });
}

const nginx = (name: string, { logs = false, buffers = false } = {}): Contender => ({
  name,
  missing: program("nginx"),
  prepare(folder, port, to) {
    const log = logs ? { log: `${folder}/access.log` } : {};
    writeFileSync(`${folder}/conf`, nginxProxy(folder, port, to, { ...log, buffers }));
    return { command: ["nginx", "-c", `${folder}/conf`, "-p", folder] };
  },
});

const nodePeer = (name: string, file: string, module?: string): Contender => ({
  name,
  missing: module === undefined ? undefined : peer(module),
  prepare: (_folder, port, to) => ({
    command: [process.execPath, `${here}peers/${file}`],
    env: { PORT: String(port), UPSTREAM_PORT: String(to.upstream), ECHO_PORT: String(to.echo) },
  }),
});

/** Everything that `npm run bench:gateway` sets side by side, nginx first: ratios refer to it. */
export const contenders = (node: string): Contender[] => [
  nginx("nginx"),
  gateway("ours", shipped(node, false)),
  gateway("ours-log", shipped(node, true)),
  nginx("nginx-log", { logs: true }),
  nginx("nginx-buffers", { buffers: true }),
  {
    name: "haproxy",
    missing: program("haproxy"),
    prepare(folder, port, to) {
      writeFileSync(`${folder}/conf`, haproxyProxy(port, to));
      return { command: ["haproxy", "-db", "-f", `${folder}/conf`] };
    },
  },
  nodePeer("http-proxy", "http-proxy.mjs", "http-proxy"),
  nodePeer("fastify", "fastify.mjs", "@fastify/http-proxy"),
  nodePeer("pipe", "pipe.mjs"),
];

/** One and two workers, both with every core: they share these with the load, see the document. */
export const workers = (node: string): Contender[] =>
  ["1", "2"].map((count) =>
    gateway(`ours-workers-${count}`, shipped(node, false, { GATEWAY_WORKERS: count }), "0-1"),
  );

/** The bodies the upstream serves. */
export const bodies = {
  small: Buffer.from(JSON.stringify({ id: 1, text: "x".repeat(203 - 18) })),
  large: Buffer.alloc(65_536, "0123456789abcdef"),
};

/** How to start the upstream: nginx, or a slower one of Node where it is missing. */
export function upstream(folder: string, port: number): Launch {
  mkdirSync(`${folder}/www/api/v1`, { recursive: true });
  writeFileSync(`${folder}/www/api/v1/small.json`, bodies.small);
  writeFileSync(`${folder}/www/api/v1/large.bin`, bodies.large);
  writeFileSync(`${folder}/conf`, nginxUpstream(folder, port));
  return installed("nginx")
    ? { command: ["nginx", "-c", `${folder}/conf`, "-p", folder] }
    : { command: [process.execPath, `${here}upstream.mjs`, `${folder}/www`, String(port)] };
}
