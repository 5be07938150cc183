import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { Finding } from "./findings.ts";

/** Licences that ask for no more than to be named, or for their own files alone. By their SPDX names. */
const allowed = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC-BY-3.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MPL-2.0",
  "PSF-2.0",
  "Python-2.0",
  "Unlicense",
]);

/** Whether an SPDX expression without nesting can be kept. */
export function isAllowed(expression: string): boolean {
  const plain = expression.replace(/^\((.*)\)$/, "$1");
  if (plain.includes(" OR ")) return plain.split(" OR ").some(isAllowed);
  return plain.split(" AND ").every((licence) => allowed.has(licence));
}

interface Package {
  readonly license?: string | { readonly type?: string };
  readonly licenses?: readonly { readonly type?: string }[];
}

function licenceOf({ license, licenses }: Package): string | undefined {
  if (typeof license === "string") return license;
  return license?.type ?? licenses?.map(({ type }) => type).join(" OR ");
}

/** Packages of the lockfile under another licence. One for another system is judged by what the lockfile says of it. */
export function licenceFindings(root: string): Finding[] {
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8")) as Package;
  const { packages } = read("package-lock.json") as { readonly packages?: Readonly<Record<string, Package>> };
  return Object.entries(packages ?? {}).flatMap(([path, locked]) => {
    if (path === "") return [];
    const manifest = `${path}/package.json`;
    const installed = existsSync(join(root, manifest));
    const licence = licenceOf(installed ? read(manifest) : locked) ?? (installed ? "none" : undefined);
    if (licence === undefined || isAllowed(licence)) return [];
    const object = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    return [{ scanner: "licences", rule: licence, object, text: "is not among the allowed licences" }];
  });
}

interface AuditReport {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly via: readonly (string | { readonly url: string; readonly title: string })[] }>
  >;
}

/** What the registry knows against packages that production runs; undefined when it does not answer. */
export async function audit(root: string): Promise<AuditReport | undefined> {
  const { stdout = "" } = await execa("npm", ["audit", "--omit=dev", "--json", "--fetch-retries=0"], {
    cwd: root,
    reject: false,
    timeout: 30_000,
  });
  try {
    const report = JSON.parse(stdout) as AuditReport;
    return report.vulnerabilities === undefined ? undefined : report;
  } catch {
    return undefined;
  }
}

/** An advisory, by the last part of its address, for each package that it is about. */
export const auditFindings = ({ vulnerabilities = {} }: AuditReport): Finding[] =>
  Object.entries(vulnerabilities).flatMap(([object, { via }]) =>
    via.flatMap((cause) =>
      typeof cause === "string"
        ? []
        : [
            {
              scanner: "npm-audit",
              rule: cause.url.split("/").at(-1) ?? cause.url,
              object,
              text: cause.title,
            },
          ],
    ),
  );
