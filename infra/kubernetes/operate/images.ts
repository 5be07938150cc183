import { execa } from "execa";
import { builtReference, sourceOf } from "../../../config/catalogue.ts";
import { InputError } from "../../../core/problems.ts";
import { quoted } from "../../../core/shell.ts";
import { buildOwnImages, type OwnImagesArgs, ownImagesOf } from "../../images/build-own.ts";
import { buildServiceImages, type ServiceImagesArgs } from "../../images/build-services.ts";
import type { Cluster } from "./client.ts";

/** The registry that stands for "none": images are loaded into the cluster by hand. */
const noRegistry = "localhost";
/** A kubelet reports this many images at most (`nodeStatusMaxImages`), so only a shorter list is the whole one. */
const reportedImages = 50;

/**
 * Makes the project's own images where the cluster finds them: pushed to `platform:registry`, or, without one, built on
 * this machine's engine and loaded with the command in BEAT_CLUSTER_LOAD.
 * @param hasEngine whether this machine's engine answers.
 * @param say is told what is done.
 * @throws {InputError} when the cluster surely lacks one of them afterwards.
 */
export async function provideImages(
  args: ServiceImagesArgs,
  cluster: Cluster,
  hasEngine: boolean,
  say: (line: string) => void,
): Promise<void> {
  const { settings, engine, address } = args;
  const own = (await ownImagesOf(args)).map(({ reference }) => reference);
  if (settings.registry !== noRegistry) {
    // Content decides the tag: what the registry has is what would be pushed.
    if (hasEngine) await buildOwnImages(args, engine, address, { onlyMissing: true, push: true });
    else say(`no container engine here; ${settings.registry} must have ${own.join(", ")}`);
    return;
  }
  const needed = [...own, ...builtServices(args)];
  const missing = await missingOnNodes(cluster, needed);
  if (missing.references.length === 0) return;
  if (hasEngine) {
    await buildServiceImages(args, { onlyMissing: true });
    await buildOwnImages(args, engine, address, { onlyMissing: true, push: false });
  }
  const load = process.env.BEAT_CLUSTER_LOAD;
  const list = missing.references.join(" ");
  if (load !== undefined && load !== "" && hasEngine) {
    say(`Loading ${list} …`);
    // The command is the user's own, with arguments of its own.
    const { exitCode } = await execa(`${load} ${missing.references.map(quoted).join(" ")}`, {
      shell: true,
      stdio: ["ignore", process.stderr, process.stderr],
      reject: false,
    });
    if (exitCode === 0) return;
    throw refusal(`BEAT_CLUSTER_LOAD`, `"${load}" ended with ${exitCode}`, "see its output above");
  }
  const fix = `kind load docker-image ${list}  (or BEAT_CLUSTER_LOAD="<command>", or a registry: platform:registry)`;
  if (missing.certain) throw refusal("platform:registry", `no node of the cluster has ${list}`, fix);
  say(`The nodes may lack ${list}; if so: ${fix}`);
}

/** Images of services with a `git` or `path` source: no registry has them either. */
function builtServices({ platform, settings }: OwnImagesArgs): string[] {
  return Object.values(platform.services).flatMap((service) => {
    const reference = builtReference(service, sourceOf(service, settings));
    return reference === undefined ? [] : [reference];
  });
}

/** References that some node does not report. `certain` when every node's report is a whole one. */
async function missingOnNodes(
  { core }: Cluster,
  references: readonly string[],
): Promise<{ references: string[]; certain: boolean }> {
  const { items } = await core.listNode();
  const nodes = items.map(({ status }) => status?.images ?? []);
  return {
    references: references.filter((reference) =>
      nodes.some((images) => !images.some(({ names }) => names?.includes(reference))),
    ),
    certain: nodes.every((images) => images.length < reportedImages),
  };
}

const refusal = (path: string, message: string, fix: string): InputError =>
  new InputError("the cluster cannot get its images", [{ path, message, fix }]);
