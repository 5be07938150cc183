import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";

/** Where the state of a project's stacks lies, as far as that is a folder. Source: Pulumi, `backend/diy`. */
interface Project {
  readonly name: string;
  /** The folder that holds the state of all stacks; undefined where a service or a bucket does. */
  readonly folder: string | undefined;
}

/** What the environment says, else the project's own file. @param root the project's root folder. */
export function stateProject(root: string): Project {
  const { name = "", backend } = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as {
    name?: string;
    backend?: { url?: string };
  };
  const url = process.env.PULUMI_BACKEND_URL || backend?.url || "";
  const path = /^file:\/\/([^?]*)/.exec(url)?.[1];
  return {
    name,
    folder: path === undefined ? undefined : resolve(root, path.replace(/^~(?=\/|$)/, homedir())),
  };
}

/** The file of a stack's state; undefined where there is none, or it lies elsewhere. */
export function stateFile(stack: string, root: string): string | undefined {
  const { name, folder } = stateProject(root);
  if (folder === undefined) return undefined;
  return [".json", ".json.gz"]
    .map((ending) => join(folder, ".pulumi/stacks", name, `${stack}${ending}`))
    .find((file) => existsSync(file));
}

/**
 * Why resources are there and did not become what they should, by URN. The engine lists a program its own state without this, and
 * only a state that lies in a folder can be looked into: of another nothing is known.
 */
export function failuresIn(stack: string, root: string): ReadonlyMap<string, readonly string[]> {
  try {
    const file = stateFile(stack, root);
    if (file === undefined) return new Map();
    const bytes = readFileSync(file);
    const { checkpoint } = JSON.parse(
      (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"),
    ) as {
      checkpoint?: { latest?: { resources?: readonly Resource[] } | null };
    };
    return new Map(
      (checkpoint?.latest?.resources ?? []).flatMap(({ urn, initErrors, delete: gone }) =>
        initErrors === undefined || gone === true ? [] : [[urn, initErrors]],
      ),
    );
  } catch {
    // It is being written, or damaged, which Pulumi itself tells.
    return new Map();
  }
}

interface Resource {
  readonly urn: string;
  readonly initErrors?: readonly string[];
  readonly delete?: boolean;
}
