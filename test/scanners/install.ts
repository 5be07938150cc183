import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import {
  commandOf,
  goPackages,
  kubernetesVersions,
  missing,
  pythonFolder,
  pythonMark,
  pythonPackages,
  reasonsFile,
  type Scanner,
  scannerNames,
  scannersFolder,
  schemasFolder,
  toolsFolder,
} from "./tools.ts";

// Installs the scanners that are not here yet, with the clients of the registries that they come from, wherever these are
// told to look. What cannot be installed is no fault of the change that is checked: its tests are skipped with the reason.

const reasons: Partial<Record<Scanner, string>> = {};
const limit = { timeout: 600_000, all: true, reject: false } as const;

/** Runs an installer. @returns why it failed. */
async function failure(command: string, args: readonly string[], env = {}): Promise<string | undefined> {
  const { failed, code, timedOut, all = "" } = await execa(command, args, { ...limit, env });
  if (!failed) return undefined;
  if (code === "ENOENT") return `${command} is not installed`;
  if (timedOut) return `${command} took longer than ten minutes`;
  return `${command} ${args[0]}: ${all.trim().split("\n").at(-1)}`;
}

async function installGo(): Promise<void> {
  for (const name of Object.keys(goPackages) as (keyof typeof goPackages)[]) {
    if (existsSync(commandOf(name))) continue;
    const why = await failure("go", ["install", goPackages[name]], { GOBIN: dirname(commandOf(name)) });
    if (why !== undefined) reasons[name] = why;
  }
}

async function installPython(): Promise<void> {
  if (existsSync(pythonMark)) return;
  rmSync(pythonFolder, { recursive: true, force: true });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  const why =
    (await failure("python3", ["-m", "venv", pythonFolder])) ??
    (await failure(join(pythonFolder, "bin/python3"), [...pip, ...Object.values(pythonPackages)]));
  if (why === undefined) {
    for (const version of kubernetesVersions) await copySchemas(version);
    writeFileSync(pythonMark, "");
  } else {
    // Half an environment would be taken for a whole one.
    rmSync(pythonFolder, { recursive: true, force: true });
    for (const name of ["checkov", "hadolint", "zizmor", "kubeconform"] as const) reasons[name] = why;
  }
}

/** The package's schemas refer to each other by addresses; kubeconform, which is to ask nobody, wants them as files. */
async function copySchemas(version: string): Promise<void> {
  const where = "import kubernetes_validate as k; print(k.__path__[0])";
  const { stdout } = await execa(join(pythonFolder, "bin/python3"), ["-c", where]);
  const from = join(stdout.trim(), "kubernetes-json-schema", `v${version}.0-local-strict`);
  const to = join(schemasFolder, version);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(`${to}.part`, { recursive: true });
  for (const file of readdirSync(from).filter((name) => /(-v\d+|^_definitions)\.json$/.test(name))) {
    const { $id: _, ...schema } = JSON.parse(readFileSync(join(from, file), "utf8")) as Record<
      string,
      unknown
    >;
    const text = JSON.stringify(schema).replaceAll('"/api/_definitions.json#', '"_definitions.json#');
    writeFileSync(join(`${to}.part`, file), text);
  }
  renameSync(`${to}.part`, to);
}

mkdirSync(toolsFolder, { recursive: true });
for (const other of readdirSync(scannersFolder))
  if (other !== basename(toolsFolder)) rmSync(join(scannersFolder, other), { recursive: true, force: true });
await Promise.all([installGo(), installPython()]);
writeFileSync(reasonsFile, JSON.stringify(reasons));
for (const name of scannerNames) console.log(`${name}: ${missing(name) ?? "installed"}`);
