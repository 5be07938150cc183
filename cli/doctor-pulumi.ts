import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { type Check, failed, passed } from "../infra/operate/check.ts";
import { projectRoot } from "../stacks/program.ts";

/** Pulumi's own download site answers within this time, or counts as out of reach; milliseconds. */
const patience = 5000;

/** The Pulumi CLI in use; that there is one was found out before. */
export function checkPulumi({ command, version }: PulumiCommand): Check {
  return passed("pulumi", `${version ?? "unknown version"}, ${command}`);
}

/** A provider of Pulumi's that the platform uses. */
export type Provider = "docker" | "kubernetes";

/**
 * Whether a provider can be had: as a plugin, as a program on PATH, or by download at first use.
 * @param download where Pulumi takes plugins from.
 */
export async function checkPlugin(
  provider: Provider = "docker",
  download = "https://get.pulumi.com",
): Promise<Check> {
  const version = pluginVersion(provider);
  const name = `${provider} plugin`;
  const installed = installedPlugin(provider, version);
  if (installed !== undefined) return passed(name, installed);
  // A mirror that Pulumi was told about is tried by Pulumi itself.
  if (process.env.PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES)
    return passed(name, `${version} is taken from PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES`);
  const reachable = await fetch(download, { method: "HEAD", signal: AbortSignal.timeout(patience) }).then(
    () => true,
    () => false,
  );
  if (reachable) return passed(name, `${version} is downloaded at first use`);
  return failed(name, {
    path: `pulumi-resource-${provider}`,
    message: `${version} is not installed, and ${new URL(download).host} does not answer`,
    fix: `pulumi plugin install resource ${provider} v${version}, without a network with --file <archive>`,
  });
}

/** The plugin's version is that of the package. */
function pluginVersion(provider: Provider): string {
  const manifest = readFileSync(join(projectRoot, `node_modules/@pulumi/${provider}/package.json`), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Where the plugin of a version is installed; undefined when it is not. */
export function installedPlugin(
  provider: Provider = "docker",
  version: string = pluginVersion(provider),
): string | undefined {
  const home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
  const candidates = [
    join(home, "plugins", `resource-${provider}-v${version}`, `pulumi-resource-${provider}`),
    ...(process.env.PATH ?? "")
      .split(delimiter)
      .map((directory) => join(directory, `pulumi-resource-${provider}`)),
  ];
  return candidates.find((file) => existsSync(file));
}
