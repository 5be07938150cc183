import { globSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { type Finding, objectName } from "./findings.ts";
import { commandOf, kubernetesVersions, type Scanner, schemasFolder } from "./tools.ts";

/** What is scanned. */
export interface Subject {
  /** A folder with the objects of stacks, a folder each. */
  readonly objects: string;
  /** A copy of what of the project is judged as files: Dockerfiles and workflows, at their own places. */
  readonly files: string;
}

/** How each scanner is called, and what it says. */
export const scans: Readonly<Record<Scanner, (subject: Subject) => Promise<Finding[]>>> = {
  actionlint: async ({ files }) => {
    const found = (await answer("actionlint", ["-format", "{{json .}}", workflow], [0, 1], files)) as {
      readonly kind: string;
      readonly filepath: string;
      readonly line: number;
      readonly message: string;
    }[];
    return found.map(({ kind, filepath, line, message }) => ({
      scanner: "actionlint",
      rule: kind,
      object: filepath,
      text: `line ${line}: ${message}`,
    }));
  },
  zizmor: async ({ files }) => {
    // Everything it knows, without asking anybody.
    const args = ["--quiet", "--offline", "--persona=auditor", "--format=json", workflow];
    const found = (await answer("zizmor", args, [0, 10, 11, 12, 13, 14], files)) as {
      readonly ident: string;
      readonly desc: string;
      readonly ignored: boolean;
    }[];
    return found
      .filter(({ ignored }) => !ignored)
      .map(({ ident, desc }) => ({ scanner: "zizmor", rule: ident, object: workflow, text: desc }));
  },
  checkov: async ({ objects, files }) => [
    ...(await checkov(objects, ["kubernetes"])),
    ...(await checkov(files, ["dockerfile", "github_actions"])),
  ],
  hadolint: async ({ files }) => {
    const dockerfiles = globSync("**/Dockerfile", { cwd: files });
    const found = (await answer("hadolint", ["--format", "json", ...dockerfiles], [0, 1], files)) as {
      readonly code: string;
      readonly file: string;
      readonly line: number;
      readonly message: string;
    }[];
    return found.map(({ code, file, line, message }) => ({
      scanner: "hadolint",
      rule: code,
      object: file,
      text: `line ${line}: ${message}`,
    }));
  },
  "kube-linter": async ({ objects }) => {
    const { Reports: found } = (await answer("kube-linter", ["lint", "--format=json", objects], [0, 1])) as {
      readonly Reports: readonly LintedObject[] | null;
    };
    return (found ?? []).map(
      ({ Check: rule, Diagnostic: { Message: text }, Object: { K8sObject: object } }) => ({
        scanner: "kube-linter",
        rule,
        object: objectName(object.GroupVersionKind.Kind, object.Name),
        text,
      }),
    );
  },
  "kube-score": async ({ objects }) => {
    const found: Finding[] = [];
    // A stack at a time: it relates objects to each other by their names.
    for (const stack of readdirSync(objects)) found.push(...(await kubeScore(join(objects, stack))));
    return found;
  },
  kubeconform: async ({ objects }) => {
    const found: Finding[] = [];
    for (const version of kubernetesVersions) {
      const schemas = join(schemasFolder, version, "{{.ResourceKind}}{{.KindSuffix}}.json");
      // A Gateway's routes belong to no version of Kubernetes.
      const args = ["-strict", "-output=json", "-skip=HTTPRoute", `-schema-location=${schemas}`, objects];
      const { resources } = (await answer("kubeconform", args, [0, 1])) as {
        readonly resources:
          | readonly { readonly kind: string; readonly name: string; readonly msg: string }[]
          | null;
      };
      for (const { kind, name, msg } of resources ?? [])
        found.push({ scanner: "kubeconform", rule: version, object: objectName(kind, name), text: msg });
    }
    return found;
  },
};

/** The workflow, from the project's root. */
export const workflow = ".github/workflows/platform.yml";

interface CheckovReport {
  readonly results?: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly resource: string;
      readonly file_path: string;
    }[];
    readonly parsing_errors?: readonly string[];
  };
  readonly check_type?: string;
}

async function checkov(folder: string, frameworks: readonly string[]): Promise<Finding[]> {
  const args = ["--directory", folder, "--framework", ...frameworks];
  const quiet = ["--compact", "--quiet", "--skip-download", "--output", "json"];
  const said = (await answer("checkov", [...args, ...quiet], [0, 1])) as CheckovReport | CheckovReport[];
  return [said].flat().flatMap(({ results, check_type: type }) => {
    if (results === undefined) throw new Error(`checkov judged nothing in ${folder}`);
    return [
      ...results.failed_checks.map(
        ({ check_id: rule, check_name: text, resource, file_path: file }): Finding => {
          const [kind = "", , name = ""] = resource.split(".");
          const object = type === "kubernetes" ? objectName(kind, name) : file.replace(/^\//, "");
          return { scanner: "checkov", rule, object, text };
        },
      ),
      ...(results.parsing_errors ?? []).map(
        (file): Finding => ({ scanner: "checkov", rule: "parsing", object: file, text: "cannot be read" }),
      ),
    ];
  });
}

interface LintedObject {
  readonly Check: string;
  readonly Diagnostic: { readonly Message: string };
  readonly Object: {
    readonly K8sObject: { readonly Name: string; readonly GroupVersionKind: { readonly Kind: string } };
  };
}

interface ScoredObject {
  readonly object_name: string;
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly summary: string; readonly path: string }[] | null;
  }[];
}

async function kubeScore(folder: string): Promise<Finding[]> {
  const args = ["score", "--output-format=json", ...yamlIn(folder)];
  const found = (await answer("kube-score", args, [0, 1])) as ScoredObject[];
  const perfect = 10;
  return found.flatMap(({ object_name: path, checks }) =>
    checks
      .filter(({ grade, skipped }) => !skipped && grade < perfect)
      .map(({ check, comments }) => ({
        scanner: "kube-score",
        rule: check.id,
        object: objectName(path.split("/")[0] ?? "", path.split("/").at(-1) ?? ""),
        text: (comments ?? []).map((one) => `${one.path} ${one.summary}`.trim()).join("; "),
      })),
  );
}

/** What a scanner prints as JSON. @param codes exits that mean it has judged. */
async function answer(
  name: Scanner,
  args: readonly string[],
  codes: readonly number[],
  cwd?: string,
): Promise<unknown> {
  const { exitCode, stdout, stderr } = await execa(commandOf(name), args, {
    reject: false,
    timeout: 180_000,
    maxBuffer: 50_000_000,
    ...(cwd !== undefined && { cwd }),
  });
  if (exitCode === undefined || !codes.includes(exitCode))
    throw new Error(`${name} ended with ${exitCode ?? "a signal"}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout);
}

const yamlIn = (folder: string): string[] =>
  globSync("**/*.yaml", { cwd: folder }).map((file) => join(folder, file));
