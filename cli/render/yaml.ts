import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Document, isScalar, visit } from "yaml";
import { fileOf, type KubernetesObject, withheld } from "./objects.ts";

/** The first line of every file, by which a later run knows its own. */
const mark = "# Rendered by ./beat render";

/** An object as YAML. A withheld value is empty, and says so in a comment. */
export function yamlOf(object: KubernetesObject): string {
  const document = new Document(object, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (!isScalar(node) || node.value !== withheld) return;
      node.value = "";
      node.comment = " withheld, see --show-secrets";
    },
  });
  return document.toString({ lineWidth: 0 });
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
