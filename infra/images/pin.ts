import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { parseDocument } from "yaml";
import type { PlatformModel } from "../../config/define/model.ts";
import { partsOf } from "../../config/settings/floating-tags.ts";
import type { Settings } from "../../config/settings/schema.ts";
import { type StackImage, stackImages } from "../../config/stack-images.ts";
import { InputError, type Problem } from "../../core/problems.ts";

/** An image and the digest its tag stands for now. */
export interface PinnedImage {
  readonly path: string;
  readonly reference: string;
  readonly digest: string;
  /** The digest was there already. */
  readonly already: boolean;
}

/** A stack whose images are pinned. */
export interface PinArgs {
  readonly name: string;
  readonly platform: PlatformModel;
  readonly settings: Settings;
  /** It asks the registries, with its mirrors and logins. */
  readonly engine: Docker;
}

/**
 * Asks the registry, through the engine, what each image of a stack is now.
 * @throws {InputError} naming every image that no registry answers for, and every one that exists on this machine only.
 */
export async function resolveDigests({ engine, platform, settings, name }: PinArgs): Promise<PinnedImage[]> {
  const problems: Problem[] = [];
  const found = await Promise.all(
    stackImages(platform, settings).map(async (image): Promise<PinnedImage[]> => {
      const { path, reference } = image;
      const { digest } = partsOf(reference);
      if (digest !== undefined) return [{ path, reference, digest, already: true }];
      if (image.built) {
        problems.push({
          path,
          message: `${reference} is built on this machine and in no registry, so it has no digest that others could pull`,
          fix: "push it, and name it as { image: … }",
        });
        return [];
      }
      try {
        const { Descriptor } = await engine.getImage(reference).distribution();
        return [{ path, reference, digest: Descriptor.digest, already: false }];
      } catch (error) {
        problems.push({
          path,
          message: `no registry says what ${reference} is (${reasonOf(error)})`,
          fix: `check the reference, the network and docker login, or set platform:images.mirror; ./beat images pin --stack ${name}`,
        });
        return [];
      }
    }),
  );
  if (problems.length > 0) throw new InputError("the images cannot be pinned", problems);
  return found.flat();
}

const reasonOf = (error: unknown): string => {
  const { json, message } = error as { json?: { message?: string }; message?: string };
  return (json?.message ?? message ?? String(error)).split("\n", 1)[0] ?? "";
};

/** The reference with its digest; the tag stays for people. */
export const withDigest = (reference: string, digest: string): string =>
  `${partsOf(reference).name}${tagOf(reference)}@${digest}`;

const tagOf = (reference: string): string => {
  const { tag } = partsOf(reference);
  return tag === undefined ? "" : `:${tag}`;
};

/**
 * Writes digests into the text of a Pulumi.<stack>.yaml and keeps its comments. A catalogue image gets a `digest`
 * beside its tag, or a whole `reference` where the stack names one; a service gets a `source` of its own.
 */
export function writeDigests(
  text: string,
  images: readonly StackImage[],
  digests: readonly PinnedImage[],
): string {
  const document = parseDocument(text);
  const byPath = new Map(digests.map((image) => [image.path, image]));
  for (const { path, reference, of } of images) {
    const found = byPath.get(path);
    if (found === undefined || found.already) continue;
    if ("service" in of) {
      const source = { image: withDigest(reference, found.digest) };
      document.setIn(["config", "platform:services", of.service, "source"], document.createNode(source));
      continue;
    }
    const at = ["config", "platform:images", "overrides", of.image];
    if (document.getIn([...at, "reference"]) === undefined) document.setIn([...at, "digest"], found.digest);
    else document.setIn([...at, "reference"], withDigest(reference, found.digest));
  }
  return document.toString({ lineWidth: 0 });
}

/**
 * Pins every image of a stack in its Pulumi.<stack>.yaml, a file of the folder `root`.
 * @throws {InputError} before anything is written.
 */
export async function pinImages(args: PinArgs & { readonly root: string }): Promise<PinnedImage[]> {
  const digests = await resolveDigests(args);
  if (digests.every(({ already }) => already)) return digests;
  const file = join(args.root, `Pulumi.${args.name}.yaml`);
  const images = stackImages(args.platform, args.settings);
  writeFileSync(file, writeDigests(existsSync(file) ? readFileSync(file, "utf8") : "", images, digests));
  return digests;
}
