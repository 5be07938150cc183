import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileOf, type KubernetesObject, withheld } from "./objects.ts";
import { yamlText } from "./yaml-text.ts";

/** The first line of every file, by which a later run knows its own. */
const mark = "# Rendered by ./beat render";

/** An object as YAML. A withheld value is empty, and says so in a comment. */
export function yamlOf(object: KubernetesObject): string {
  return yamlText(object, (text) => (text === withheld ? " withheld, see --show-secrets" : undefined));
}

/**
 * Writes one file per object, and removes those of an earlier run that are no longer due; other files are left alone.
 * @returns the names written.
 */
export function writeObjects(folder: string, objects: readonly KubernetesObject[]): string[] {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder))
    if (name.endsWith(".yaml") && readFileSync(join(folder, name), "utf8").startsWith(mark))
      rmSync(join(folder, name));
  return objects.map((object) => {
    const name = fileOf(object);
    const mode = object.kind === "Secret" ? 0o600 : 0o644;
    writeFileSync(join(folder, name), `${mark}\n${yamlOf(object)}`, { mode });
    return name;
  });
}
