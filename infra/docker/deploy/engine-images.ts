import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

/**
 * Image references as ids of images on the engine: pulled when missing, kept when the stack goes. One resource per
 * reference, however many containers use it.
 */
export class Images extends pulumi.ComponentResource {
  readonly #byReference = new Map<string, docker.RemoteImage>();

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("beat:docker:Images", name, {}, opts);
    this.registerOutputs();
  }

  /** The id of an image. */
  readonly idOf = (reference: string): pulumi.Output<string> => {
    let image = this.#byReference.get(reference);
    if (image === undefined) {
      image = new docker.RemoteImage(
        reference.replaceAll(/[^A-Za-z0-9.]+/g, "-"),
        { name: reference, keepLocally: true },
        { parent: this },
      );
      this.#byReference.set(reference, image);
    }
    return image.imageId;
  };
}

/**
 * Builds one of the project's own images on the engine, without a registry.
 * @param context folder relative to the project's root: the provider compares it as text.
 * @returns the id of the image.
 */
export function buildImage(
  name: string,
  args: { readonly reference: string; readonly context: pulumi.Input<string>; readonly base: string },
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const image = new docker.Image(
    name,
    {
      imageName: args.reference,
      skipPush: true,
      build: {
        context: args.context,
        dockerfile: pulumi.interpolate`${args.context}/Dockerfile`,
        args: { BASE: args.base },
        platform: enginePlatform,
      },
    },
    opts,
  );
  // For an image that is in no registry the provider puts the image id here.
  return image.repoDigest;
}

const enginePlatform = `linux/${process.arch === "arm64" ? "arm64" : "amd64"}`;
