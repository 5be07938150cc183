import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { imageReference } from "../../config/catalogue.ts";
import type { Settings } from "../../config/settings/schema.ts";
import type { OwnProgram } from "../../core/workload.ts";
import { bundle, bundleGateway } from "./bundle.ts";

/** The project's own programs that run as containers: how its bundle is made and called in the image, and its Dockerfile. */
const programs = {
  gateway: { make: bundleGateway, dockerfile: "gateway/image/Dockerfile", bundle: "gateway.mjs" },
  provision: {
    make: (root: string) => bundle("provision/src/main.ts", root),
    dockerfile: "provision/image/Dockerfile",
    bundle: "provision.mjs",
  },
  sample: {
    make: (root: string) => bundle("samples/src/main.ts", root),
    dockerfile: "samples/image/Dockerfile",
    bundle: "sample.mjs",
  },
} as const satisfies Readonly<Record<OwnProgram, object>>;

/** An image that does not depend on a stack: what it is made of, and the reference that follows from that. */
export interface OwnImage {
  readonly program: OwnProgram;
  /** `<registry>/beat-<program>:<hash of everything in it>`: the same source has the same reference everywhere. */
  readonly reference: string;
  /** The base image, the build argument BASE. */
  readonly base: string;
  /** The build context. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
}

/** An empty table: on a cluster the routes are mounted, so that a changed route needs no new image. */
const noRoutes = `${JSON.stringify({ services: [] })}\n`;

/** The build context of a program's image. @param root the project's root folder. @param extra files beside the bundle. */
export async function buildContext(
  program: OwnProgram,
  root: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<Record<string, string | Uint8Array>> {
  const { make, dockerfile, bundle: file } = programs[program];
  return { Dockerfile: readFileSync(join(root, dockerfile)), [file]: await make(root), ...extra };
}

/** Bundles a program and names its image. @param root the project's root folder. */
export async function ownImage(program: OwnProgram, root: string, settings: Settings): Promise<OwnImage> {
  const base = imageReference("node", settings.images);
  const files = await buildContext(program, root, program === "gateway" ? { "routes.json": noRoutes } : {});
  const hash = createHash("sha256").update(base);
  for (const name of Object.keys(files).sort()) hash.update(`\0${name}\0`).update(files[name] ?? "");
  const reference = `${settings.registry}/beat-${program}:${hash.digest("hex").slice(0, 16)}`;
  return { program, reference, base, files };
}
