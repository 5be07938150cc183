import { storeKinds, storeOf } from "../stores/index.ts";
import { builtReference, imageReference, sourceOf } from "./catalogue.ts";
import type { PlatformModel } from "./define/model.ts";
import { monitoredStores } from "./exporters.ts";
import { type ImageName, imageNamed } from "./images.ts";
import { bucketOf } from "./settings/backups.ts";
import { observabilityOf } from "./settings/observability.ts";
import type { Settings } from "./settings/schema.ts";

/** One image that a stack uses. */
export interface StackImage {
  /** The setting that chooses it. */
  readonly path: string;
  readonly reference: string;
  /** Its entry in the catalogue, or the service it belongs to. */
  readonly of: { readonly image: ImageName } | { readonly service: string };
  /** Built on this machine from a `git` or `path` source, and in no registry. */
  readonly built: boolean;
}

/** Every image a stack would use, but for the project's own, which are built from this folder. */
export function stackImages(platform: PlatformModel, settings: Settings): StackImage[] {
  const used = storeKinds
    .filter((kind) => platform.stores[kind] !== undefined)
    .flatMap((kind) => storeOf(kind).imagesUsed(settings.target === "docker" && settings.devTools));
  const exporters = monitoredStores(platform, settings).flatMap(
    (kind) => storeOf(kind).exporter?.image ?? [],
  );
  const names: ImageName[] = ["node", ...[...used, ...exporters].map(imageNamed)];
  if (bucketOf(settings)) names.push("rclone");
  if (observabilityOf(settings).dev) names.push("otelLgtm");
  const catalogue = names.map(
    (image): StackImage => ({
      path: `platform:images.overrides.${image}`,
      reference: imageReference(image, settings.images),
      of: { image },
      built: false,
    }),
  );
  const services = Object.values(platform.services).flatMap((service): StackImage[] => {
    const source = sourceOf(service, settings);
    if (source === "sample") return [];
    const built = builtReference(service, source);
    return [
      {
        path: `platform:services.${service.name}.source`,
        reference: built ?? ("image" in source ? source.image : ""),
        of: { service: service.name },
        built: built !== undefined,
      },
    ];
  });
  return [...catalogue, ...services];
}
