import type { ServiceModel } from "./define/model.ts";
import { type ImageName, images } from "./images.ts";
import type { Settings } from "./settings/schema.ts";
import type { Source } from "./settings/services.ts";

/** The reference of a catalogue image for a stack: mirror, tag and digest overrides applied. */
export function imageReference(name: ImageName, settings: Settings["images"]): string {
  const entry = images[name];
  const override = settings.overrides[name];
  if (override?.reference !== undefined) return override.reference;
  const repository =
    settings.mirror === undefined ? entry.repository : `${settings.mirror}/${entry.repository}`;
  const tagged = `${repository}:${override?.tag ?? entry.tag}`;
  return override?.digest === undefined ? tagged : `${tagged}@${override.digest}`;
}

/** The source of a service's image for a stack: its own, else the stack's, else the tag in the definition. */
export function sourceOf(service: ServiceModel, settings: Settings): Source {
  return (
    settings.services[service.name]?.source ??
    settings.source ?? { image: `${service.image.repository}:${service.image.tag}` }
  );
}

/** The tag under which `beat images build` leaves a `git` or `path` build. */
export function builtReference(service: ServiceModel, source: Source): string | undefined {
  if (source === "sample" || "image" in source) return undefined;
  const suffix = "git" in source ? `git-${source.git.commit.slice(0, 12)}` : "path";
  return `${service.image.repository}:${suffix}`;
}
