import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { bundleGateway } from "../../../infra/images/bundle.ts";
import { type Mutant, suiteFile } from "./mutant.ts";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
const source = join(root, "gateway/src");
const textOf = (file: string): string => readFileSync(join(source, file), "utf8");

/** Source files, but for tests and those that hold types alone. */
function withCode(): string[] {
  return globSync("**/*.ts", { cwd: source })
    .filter((file) => !file.endsWith(".test.ts"))
    .filter((file) => transformSync(textOf(file), { loader: "ts" }).code.trim() !== "")
    .sort();
}

/** What is wrong with the mutants: looked for before anything runs. */
export function problems(mutants: readonly Mutant[]): string[] {
  const found: string[] = [];
  const names = new Set<string>();
  for (const { name, edits, suites } of mutants) {
    if (names.has(name)) found.push(`"${name}": two mutants have this name`);
    names.add(name);
    for (const suite of suites)
      if (!existsSync(join(root, suiteFile(suite)))) found.push(`"${name}": there is no suite ${suite}`);
    for (const { file, from } of edits) {
      const times = existsSync(join(source, file)) ? textOf(file).split(from).length - 1 : 0;
      if (times !== 1) found.push(`"${name}": its text occurs ${times} times in ${file}, must be once`);
    }
  }
  const changed = new Set(mutants.flatMap(({ edits }) => edits.map(({ file }) => file)));
  for (const file of withCode()) if (!changed.has(file)) found.push(`${file}: has no mutant`);
  return found;
}

/** The gateway with one mutant or none. */
export interface Build {
  /** Root of a copy of the source, with the tests beside it. */
  readonly copy: string;
  readonly bundle: string;
}

/** Applies a mutant to a copy of the source in a new folder, and bundles it. @throws when it does not compile. */
export async function build(copy: string, mutant: Mutant | undefined): Promise<Build> {
  const suites = mutant?.suites ?? ["unit:"];
  const target = join(copy, "gateway/src");
  mkdirSync(copy);
  cpSync(source, target, { recursive: true });
  for (const { file, from, to } of mutant?.edits ?? []) {
    const path = join(target, file);
    const before = readFileSync(path, "utf8");
    writeFileSync(
      path,
      before.replace(from, () => to),
    );
  }
  const bundle = join(copy, "gateway.mjs");
  writeFileSync(bundle, await bundleGateway(copy));
  if (suites.some((suite) => suite.startsWith("unit:"))) {
    symlinkSync(join(root, "config"), join(copy, "config"));
    // A copy: what supports the tests must use the source beside it, not the one a link leads to.
    for (const folder of ["fixtures", "support"])
      cpSync(join(root, "gateway/test", folder), join(copy, "gateway/test", folder), { recursive: true });
  } else rmSync(join(copy, "gateway"), { recursive: true });
  return { copy, bundle };
}
