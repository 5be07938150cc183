import { join } from "node:path";
import type Docker from "dockerode";
import { execa } from "execa";
import { sourceOf } from "../config/catalogue.ts";
import type { PlatformModel } from "../config/define.ts";
import { InputError } from "../config/problems.ts";
import type { Settings } from "../config/settings.ts";
import { writeContext } from "../infra/image/context.ts";
import { type OwnImage, type OwnProgram, ownImage } from "../infra/image/own-images.ts";
import { projectRoot } from "../stacks/program.ts";

/** The project's own images that a stack on a cluster runs. */
export async function ownImagesOf(platform: PlatformModel, settings: Settings): Promise<OwnImage[]> {
  const sampled = Object.values(platform.services).some(
    (service) => sourceOf(service, settings) === "sample",
  );
  const programs: OwnProgram[] = ["gateway", "provision", ...(sampled ? (["sample"] as const) : [])];
  return Promise.all(programs.map((program) => ownImage(program, projectRoot, settings)));
}

/** How the images are built. */
export interface BuildOptions {
  readonly onlyMissing: boolean;
  /** Push to `platform:registry`, for both architectures, with an SBOM: wants Docker's buildx. */
  readonly push: boolean;
}

/** What was done with an image. */
export interface BuiltImage {
  readonly reference: string;
  readonly result: "built" | "pushed" | "there already";
}

const platforms = "linux/amd64,linux/arm64";

/**
 * Builds the project's own images on the engine, or builds and pushes them to the registry.
 * @throws {InputError} when a build or push fails; the tool's own words were shown.
 */
export async function buildOwnImages(
  { platform, settings }: { readonly platform: PlatformModel; readonly settings: Settings },
  engine: Docker,
  address: string | undefined,
  options: BuildOptions,
): Promise<BuiltImage[]> {
  const built: BuiltImage[] = [];
  const tool = process.env.CONTAINER_TOOL ?? "docker";
  for (const image of await ownImagesOf(platform, settings)) {
    const { reference } = image;
    if (options.onlyMissing && (await (options.push ? isPushed : hasImage)(engine, reference))) {
      built.push({ reference, result: "there already" });
      continue;
    }
    const context = join(projectRoot, ".beat/build/own", image.program);
    writeContext(context, image.files);
    process.stderr.write(`${options.push ? "Building and pushing" : "Building"} ${reference} …\n`);
    const args = options.push
      ? ["buildx", "build", "--platform", platforms, "--sbom=true", "--provenance=mode=max", "--push"]
      : ["build"];
    const { exitCode } = await execa(
      tool,
      [...args, "--build-arg", `BASE=${image.base}`, "-t", reference, context],
      {
        stdio: ["ignore", process.stderr, process.stderr],
        reject: false,
        ...(address !== undefined && { env: { DOCKER_HOST: address } }),
      },
    );
    if (exitCode !== 0)
      throw new InputError("an image cannot be built", [
        {
          path: reference,
          message: `${tool} ${args.slice(0, 2).join(" ")} failed`,
          fix: options.push
            ? "see its output above; pushing wants docker buildx and a login at platform:registry"
            : "see its output above",
        },
      ]);
    built.push({ reference, result: options.push ? "pushed" : "built" });
  }
  return built;
}

const hasImage = (engine: Docker, reference: string): Promise<boolean> =>
  engine
    .getImage(reference)
    .inspect()
    .then(
      () => true,
      () => false,
    );

/** Asked by the engine, so that its mirrors and logins count. */
const isPushed = (engine: Docker, reference: string): Promise<boolean> =>
  engine
    .getImage(reference)
    .distribution()
    .then(
      () => true,
      () => false,
    );
