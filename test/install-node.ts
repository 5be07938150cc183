import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";

/** npm carries Node's binaries as packages by platform, which need no install script. */
const packageName = `node-${process.platform}-${process.arch}`;
const patience = ["--fetch-retries=1", "--fetch-timeout=60000"];

/**
 * The newest Node that npm has.
 * @throws when npm cannot tell.
 */
export async function newestNode(): Promise<string> {
  return (await npm("view", packageName, "version", ...patience)).trim();
}

/**
 * Puts a Node into a folder of its own, unless it is there.
 * @returns its binary.
 * @throws when it cannot be installed, or does not run here.
 */
export async function installNode(folder: string, version: string): Promise<string> {
  const prefix = join(folder, version);
  const binary = join(prefix, "node_modules", packageName, "bin/node");
  const runs = async () => (await execa(binary, ["--version"], { reject: false })).stdout === `v${version}`;
  if (await runs()) return binary;
  mkdirSync(prefix, { recursive: true });
  const quiet = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
  await npm("install", "--prefix", prefix, ...quiet, ...patience, `${packageName}@${version}`);
  if (!(await runs())) throw new Error(`Node ${version} is installed and does not run on this machine`);
  return binary;
}

async function npm(...args: string[]): Promise<string> {
  const { stdout, stderr, failed, shortMessage } = await execa("npm", args, {
    reject: false,
    timeout: 180_000,
  });
  if (!failed) return stdout;
  // npm says the reason first; its addresses are nobody's business here.
  const said = [...stderr.matchAll(/^npm error (.+)/gm)].slice(0, 2).map(([, line]) => line);
  const reason = said.length > 0 ? said.join(", ") : (shortMessage ?? "it failed").split("\n", 1)[0];
  throw new Error(`npm: ${reason?.replaceAll(/https?:\/\/\S+/g, "its registry")}`);
}
