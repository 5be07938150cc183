import { imageReference } from "../../config/catalogue.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import { imageNamed } from "../../config/images.ts";
import { partsOf } from "../../config/settings/floating-tags.ts";
import { externalStores, type Settings } from "../../config/settings/schema.ts";
import { configSetCommand } from "../../core/config-commands.ts";
import type { Problem } from "../../core/problems.ts";
import { validateUpgrade, versionOf } from "../../core/versions.ts";
import { type StoreKind, storeHosts, storeKinds, storeOf } from "../../stores/index.ts";
import { inForce, type StateResource } from "./stack-state.ts";

/**
 * Stores whose data another version has written than the stack would now put on it, by the image that its state remembers.
 * Nothing is known of a stack that was taken down: its volumes have no image.
 */
export function dataVersionProblems(
  platform: PlatformModel,
  settings: Settings,
  state: readonly StateResource[],
): Problem[] {
  return storeKinds
    .filter((kind) => platform.stores[kind] !== undefined && externalStores(settings)[kind] === undefined)
    .flatMap((kind): Problem[] => {
      const { imagesUsed, title, upgrade } = storeOf(kind);
      const name = imageNamed(imagesUsed(settings.target === "docker" && settings.devTools)[0] ?? kind);
      const before = referenceIn(state, kind);
      const after = imageReference(name, settings.images);
      if (before === undefined || upgrade === undefined) return [];
      const fault = validateUpgrade(upgrade, numbersOf(before), numbersOf(after));
      if (fault === undefined) return [];
      return [
        {
          path: `platform:images.overrides.${name}`,
          message: `${title} runs as ${before} and would be ${after}: ${fault}`,
          fix: `${configSetCommand(`platform:images.overrides.${name}.reference`, before)}; how data gets to another version: docs/stores.md, "Major versions"`,
        },
      ];
    });
}

const numbersOf = (reference: string): number[] => versionOf(partsOf(reference).tag);

/** The image that a store ran as, on whichever target. */
function referenceIn(state: readonly StateResource[], kind: StoreKind): string | undefined {
  for (const { type, urn, outputs = {} } of inForce(state)) {
    const { metadata, spec } = outputs as SetOutputs;
    if (type === "kubernetes:apps/v1:StatefulSet" && metadata?.name === kind)
      return spec?.template?.spec?.containers?.[0]?.image;
    if (type === "docker:index/container:Container" && urn.endsWith(`::${storeHosts[kind]}`))
      // A container knows its image's id alone.
      return state.find(
        (other) =>
          other.type === "docker:index/remoteImage:RemoteImage" && other.outputs?.imageId === outputs.image,
      )?.outputs?.name as string | undefined;
  }
  return undefined;
}

/** What is read of a StatefulSet in the state. */
interface SetOutputs {
  readonly metadata?: { readonly name?: string };
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } };
  };
}
