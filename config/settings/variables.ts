import { validateAddress } from "../../core/addresses.ts";
import type { Problem } from "../../core/problems.ts";
import { storePorts } from "../../stores/index.ts";
import type { HostPort } from "../../stores/store.ts";

/** Environment variables of the original project that still override a setting of a dev stack on an engine. */
export const environmentOverrides: Readonly<Record<string, string>> = {
  PROXY_HOST: "bind",
  PROXY_PORT: "ports.gateway",
  ...Object.fromEntries(
    Object.entries<HostPort>(storePorts).flatMap(([name, { variable }]) =>
      variable === undefined ? [] : [[variable, `ports.${name}`]],
    ),
  ),
};

/** What a cluster puts into every pod beside a Service of that name. Source: Kubernetes, "Service", environment variables. */
const serviceLink = /^[a-z]+:\/\//i;

/**
 * Writes what the environment says over a stack's settings. Only a dev stack on an engine is moved by it, and never a port that
 * its file turned off: CI systems and clusters set such variables for reasons of their own.
 * @returns what is wrong with the variables that count.
 */
export function applyEnvironment(
  raw: Record<string, unknown>,
  environment: Readonly<Record<string, string | undefined>>,
): Problem[] {
  if (raw.target === "kubernetes" || raw.environment === "Production") return [];
  // Without a word on its environment a stack is a production's; an address that is none is told all the same.
  const counts = raw.environment === "Development";
  const problems: Problem[] = [];
  for (const [variable, setting] of Object.entries(environmentOverrides)) {
    const text = environment[variable]?.trim();
    if (text === undefined || text === "" || serviceLink.test(text)) continue;
    if (setting === "bind") {
      const message = validateAddress(text);
      if (message !== undefined)
        problems.push({ path: variable, message, fix: mendOf(variable, "127.0.0.1") });
      else if (counts) raw.bind = text;
      continue;
    }
    if (!counts) continue;
    const given = raw.ports ?? {};
    // A setting that has no shape to write into is refused as it is.
    if (typeof given !== "object" || Array.isArray(given)) continue;
    const ports = given as Readonly<Record<string, unknown>>;
    const name = setting.slice("ports.".length);
    if (ports[name] === false) continue;
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port < 1 || port > 65535)
      problems.push({
        path: variable,
        message: `"${text}" is not a port, a number from 1 to 65535`,
        fix: mendOf(variable, "<port>"),
      });
    else raw.ports = { ...ports, [name]: port };
  }
  return problems;
}

const mendOf = (variable: string, example: string): string =>
  `unset ${variable}, or export ${variable}=${example}`;
