import { imageReference } from "../../config/catalogue.ts";
import { imageNamed } from "../../config/images.ts";
import type { Settings } from "../../config/settings/schema.ts";
import type { ImageUse, OwnProgram } from "../../core/workload.ts";

/** An image that somebody else has built. */
type BuiltImage = Exclude<ImageUse, { readonly program: OwnProgram }>;

/** The reference of an image that is not the project's own, for a stack: mirror, tag and digest overrides applied. */
export const referenceOf = (image: BuiltImage, settings: Settings["images"]): string =>
  "catalogue" in image ? imageReference(imageNamed(image.catalogue), settings) : image.reference;
