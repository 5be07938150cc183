import { bucketOf } from "./bucket.ts";
import { builtReference, imageReference, sourceOf } from "./catalogue.ts";
import type { ImageName } from "./images.ts";
import type { PlatformModel } from "./model.ts";
import type { Settings } from "./settings.ts";

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
  const names: ImageName[] = ["node"];
  if (platform.stores.postgres) names.push("postgres");
  if (platform.stores.mongo) names.push("mongo", ...(settings.devTools ? (["mongoExpress"] as const) : []));
  if (platform.stores.redis) names.push(settings.devTools ? "redisStack" : "redis");
  if (platform.stores.kafka) names.push("kafka");
  if (bucketOf(settings)) names.push("rclone");
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
