import { type StoreImageName, storeImages } from "../stores/index.ts";
import type { CatalogueImage } from "../stores/store.ts";

/** A name of the image catalogue. */
export type ImageName = StoreImageName | "rclone" | "otelLgtm" | "node";

/**
 * The one catalogue of third-party images, pinned by version; a store brings its own. A stack overrides an entry by tag,
 * digest or whole reference, or points all of them at a mirror (`platform:images` in Pulumi.<stack>.yaml).
 */
export const images: Readonly<Record<ImageName, CatalogueImage>> = {
  ...storeImages,
  // Carries backups to a bucket.
  rclone: { repository: "rclone/rclone", tag: "1.76.0" },
  // Dashboards, traces and metrics of a stack for development.
  otelLgtm: { repository: "grafana/otel-lgtm", tag: "0.34.0" },
  // The base of our own images; the sample service is probed with its wget.
  node: {
    repository: "node",
    tag: "24-alpine",
    lifecycle: {
      source: "https://nodejs.org/en/about/previous-releases",
      lines: { "20": "2026-04-30", "22": "2027-04-30", "24": "2028-04-30" },
    },
  },
};

/** The names of the image catalogue, in a stable order. */
export const imageNames = Object.keys(images) as ImageName[];

/** The entry of the catalogue with a name. @throws {RangeError} when there is none. */
export function imageNamed(name: string): ImageName {
  const found = imageNames.find((known) => known === name);
  if (found === undefined)
    throw new RangeError(`no image is named ${name}: the catalogue has ${imageNames.join(", ")}`);
  return found;
}
