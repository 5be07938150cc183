import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Contender, contenders, variant } from "../contenders.ts";
import {
  gatewaySettings,
  type HostilePorts,
  hostileHaproxy,
  hostileNginx,
  hostileRoutes,
} from "./configs.ts";

const peer = fileURLToPath(new URL("../peers/hostile-http-proxy.mjs", import.meta.url));

/** How each contender of the polite bench is set up for hostile clients. */
function armed(contender: Contender, to: HostilePorts): Contender {
  const prepare: Readonly<Record<string, Contender["prepare"]>> = {
    nginx(folder, port) {
      writeFileSync(`${folder}/conf`, hostileNginx(folder, port, to));
      return { command: ["nginx", "-c", `${folder}/conf`, "-p", folder] };
    },
    haproxy(folder, port) {
      writeFileSync(`${folder}/conf`, hostileHaproxy(port, to));
      return { command: ["haproxy", "-db", "-f", `${folder}/conf`] };
    },
    "http-proxy": (_folder, port) => ({
      command: [process.execPath, "--no-deprecation", peer],
      env: {
        PORT: String(port),
        UPSTREAM_PORT: String(to.upstream),
        FLOOD_PORT: String(to.flood),
        HOSTILE_PORT: String(to.hostile),
        ECHO_PORT: String(to.echo),
      },
    }),
  };
  const gateway: Contender["prepare"] = (folder, port) => {
    const ready = contender.prepare(folder, port, to);
    writeFileSync(`${folder}/routes.json`, hostileRoutes(to));
    return { ...ready, env: { ...gatewaySettings, ...ready.env } };
  };
  return { ...contender, prepare: prepare[contender.name] ?? gateway };
}

export const hostileNames = ["ours", "nginx", "haproxy", "http-proxy"] as const;

/** Ours first, then the peers, then other builds of ours. */
export function hostileContenders(node: string, variants: readonly string[], to: HostilePorts): Contender[] {
  const known = contenders(node);
  const usual = hostileNames.flatMap((name) => known.filter((each) => each.name === name));
  return [...usual, ...variants.map((text) => variant(text, node))].map((each) => armed(each, to));
}
