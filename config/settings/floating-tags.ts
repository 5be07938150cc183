import type { Problem } from "../../core/problems.ts";
import type { PlatformModel } from "../define/model.ts";
import { stackImages } from "../stack-images.ts";
import type { Settings } from "./schema.ts";

/** The parts of an image reference. Source: distribution/reference grammar, `name [":" tag] ["@" digest]`. */
export interface ReferenceParts {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Takes an image reference apart; a colon before the last slash belongs to the registry's port. */
export function partsOf(reference: string): ReferenceParts {
  const [rest = "", digest] = reference.split("@", 2);
  const colon = rest.indexOf(":", rest.lastIndexOf("/") + 1);
  return colon === -1
    ? { name: rest, tag: undefined, digest }
    : { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}

/** Tags that builds of a branch are pushed under; a number after them is a pull request's, not a version's. */
const branch =
  /^(main|master|trunk|head|dev|develop|development|edge|nightly|canary|snapshot|next|staging|stable|release|feature|feat|fix|bugfix|hotfix|branch|pr)([-._]|$)/i;

/**
 * Why an image reference may name another image tomorrow; undefined when it is pinned well enough.
 * @param production also refuse tags of branches, and those that name no version.
 */
export function floatingReason(reference: string, production: boolean): string | undefined {
  const { tag, digest } = partsOf(reference);
  // A digest decides; the tag beside it is for people.
  if (digest !== undefined) return undefined;
  if (tag === undefined || tag === "") return "has no tag, which means latest";
  if (/(^|[-._])latest([-._]|$)/i.test(tag)) return `the tag "${tag}" moves with every release`;
  if (!production) return undefined;
  if (branch.test(tag)) return `the tag "${tag}" looks like a branch, which moves with every push`;
  if (!/\d/.test(tag)) return `the tag "${tag}" names no version`;
  return undefined;
}

/** Every image of a stack whose tag floats. Stacks with `platform:environment: Production` are held to more. */
export function floatingTags(platform: PlatformModel, settings: Settings): Problem[] {
  const production = settings.environment === "Production";
  return stackImages(platform, settings).flatMap(({ path, reference, built }) => {
    const reason = floatingReason(reference, production);
    if (reason === undefined) return [];
    return [
      {
        path,
        message: `${reference}: ${reason}`,
        fix: built
          ? "use a git source with a commit, or an image with a version"
          : "name a version, or a digest: ./beat images pin",
      },
    ];
  });
}
