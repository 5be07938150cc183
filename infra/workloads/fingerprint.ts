import { createHash } from "node:crypto";
import type { Address } from "../../config/addresses.ts";
import type { Settings } from "../../config/settings/schema.ts";
import type { Value } from "../../core/value.ts";
import type { Workload } from "../../core/workload.ts";
import { referenceOf } from "./image-reference.ts";

/** What a workload is told, resolved by. */
interface Place {
  readonly settings: Pick<Settings, "images">;
  readonly addresses: ReadonlyMap<string, Address>;
}

/**
 * Changes whenever one of the workloads is started with something new: 10 hexadecimal digits. Of a program that prepares
 * something only what it prepares counts, since a new build of it changes nothing there. Secrets count by their names.
 */
export const fingerprintOf = (workloads: readonly Workload[], place: Place): string =>
  createHash("sha256")
    .update(JSON.stringify(workloads.map((workload) => toldTo(workload, place))))
    .digest("hex")
    .slice(0, 10);

function toldTo(workload: Workload, { settings, addresses }: Place): unknown {
  const show = (values: Readonly<Record<string, Value>>): unknown =>
    Object.entries(values).map(([key, value]) => [
      key,
      value.render((part) =>
        "of" in part ? String(addresses.get(part.of)?.[part.kind]) : "name" in part ? part.name : part.fact,
      ),
    ]);
  const files = workload.files.map((set) => [set.directory, show(set.files)]);
  if ("job" in workload.members) return files;
  const { dependsOn: _, restartWith: __, image, env, sidecars: ___, ...rest } = workload;
  return {
    ...rest, // The project's own programs are none that others are started anew with.
    image: "program" in image ? image.program : referenceOf(image, settings.images),
    env: show(env),
    files,
  };
}
