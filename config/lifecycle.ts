import { endOfLife } from "../core/versions.ts";
import type { PlatformModel } from "./define/model.ts";
import { images } from "./images.ts";
import { partsOf } from "./settings/floating-tags.ts";
import type { Settings } from "./settings/schema.ts";
import { stackImages } from "./stack-images.ts";

/** Days before the end of a line from which one is told of it. */
const warningDays = 180;

/** An image that nobody cares for any more, or soon. */
export interface EndingImage {
  /** The setting that chooses it. */
  readonly path: string;
  readonly text: string;
}

/** The images of a stack whose line has ended, or ends within half a year. */
export function endingImages(platform: PlatformModel, settings: Settings, now: Date): EndingImage[] {
  return stackImages(platform, settings).flatMap(({ path, reference, of }) => {
    if (!("image" in of)) return [];
    const { lifecycle } = images[of.image];
    const found = lifecycle && endOfLife(lifecycle, partsOf(reference).tag);
    if (lifecycle === undefined || found === undefined) return [];
    const { line, end } = found;
    const days = end === "ended" ? -1 : (Date.parse(`${end}T24:00:00Z`) - now.getTime()) / 86_400_000;
    if (days > warningDays) return [];
    const since = end === "ended" ? "" : ` since ${end}`;
    const state = days <= 0 ? `gets no corrections any more${since}` : `gets corrections until ${end} only`;
    return [
      { path, text: `${reference}: ${of.image} ${line} ${state} (${lifecycle.source}); newer: ${path}.tag` },
    ];
  });
}
