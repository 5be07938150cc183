import { join } from "node:path";
import type Docker from "dockerode";
import { execa } from "execa";
import { sourceOf } from "../../config/catalogue.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import type { Settings } from "../../config/settings/schema.ts";
import { InputError } from "../../core/problems.ts";
import type { OwnProgram } from "../../core/workload.ts";
import { engineEnvironment } from "../engine/address.ts";
import { writeContext } from "./build-context.ts";
import {
  addsPlatform,
  findBuilder,
  type ImageBuilder,
  pushCommands,
  restrictTo,
  usesForeignBase,
} from "./builder.ts";
import { type OwnImage, ownImage } from "./own-images.ts";

/** Whose own images are built. */
export interface OwnImagesArgs {
  readonly platform: PlatformModel;
  readonly settings: Settings;
  /** The project's root folder. */
  readonly root: string;
}

/** The project's own images that a stack on a cluster runs. */
export async function ownImagesOf({ platform, settings, root }: OwnImagesArgs): Promise<OwnImage[]> {
  const sampled = Object.values(platform.services).some(
    (service) => sourceOf(service, settings) === "sample",
  );
  const programs: OwnProgram[] = ["gateway", "provision", ...(sampled ? (["sample"] as const) : [])];
  return Promise.all(programs.map((program) => ownImage(program, root, settings)));
}

/** How the images are built. */
export interface BuildOptions {
  readonly onlyMissing: boolean;
  /** Push to `platform:registry`, for both architectures and with an SBOM as far as the builder can. */
  readonly push: boolean;
  /** What the registry has is missing, too, while this builder adds an architecture or the SBOM. */
  readonly complete?: boolean;
}

/** What was done with an image. */
export interface BuiltImage {
  readonly reference: string;
  readonly result: "built" | "pushed" | "there already";
  /** What was pushed: its platforms, and whether there is an SBOM. */
  readonly pushed?: { readonly platforms: readonly string[]; readonly sbom: boolean };
}

/**
 * Builds the project's own images on the engine, or builds and pushes them to the registry.
 * @throws {InputError} when a build or push fails; the tool's own words were shown.
 */
export async function buildOwnImages(
  args: OwnImagesArgs,
  engine: Docker,
  address: string | undefined,
  options: BuildOptions,
): Promise<BuiltImage[]> {
  const built: BuiltImage[] = [];
  const tool = process.env.CONTAINER_TOOL ?? "docker";
  const env = engineEnvironment(address);
  // Asked once: all of them have one base.
  let known: Promise<ImageBuilder> | undefined;
  const builderOn = (base: string) => (known ??= builderFor(tool, env, engine, base));
  const isThere = async ({ reference, base }: OwnImage): Promise<boolean> => {
    if (!options.push) return hasImage(engine, reference);
    const there = await pushedFor(engine, reference);
    if (there === undefined || !options.complete) return there !== undefined;
    return !addsPlatform(await builderOn(base), there);
  };
  for (const image of await ownImagesOf(args)) {
    const { reference, base } = image;
    if (options.onlyMissing && (await isThere(image))) {
      built.push({ reference, result: "there already" });
      continue;
    }
    const context = join(args.root, ".beat/build/own", image.program);
    writeContext(context, image.files);
    process.stderr.write(`${options.push ? "Building and pushing" : "Building"} ${reference} …\n`);
    if (!options.push) {
      await run(tool, ["build", "--build-arg", `BASE=${base}`, "-t", reference, context], env, reference);
      built.push({ reference, result: "built" });
      continue;
    }
    const builder = await builderOn(base);
    for (const args of pushCommands(builder, { reference, base, context }))
      await run(tool, args, env, reference);
    built.push({
      reference,
      result: "pushed",
      pushed: { platforms: builder.platforms, sbom: builder.attests },
    });
  }
  return built;
}

/** Runs the tool and shows what it says. @throws {InputError} naming the image and the command that failed. */
async function run(
  tool: string,
  args: readonly string[],
  env: Record<string, string>,
  reference: string,
): Promise<void> {
  const { exitCode } = await execa(tool, args, {
    env,
    stdio: ["ignore", process.stderr, process.stderr],
    reject: false,
  });
  if (exitCode === 0) return;
  const what = args.slice(0, args[0] === "buildx" ? 2 : 1).join(" ");
  const pushes = args[0] !== "build";
  throw new InputError(pushes ? "an image cannot be pushed" : "an image cannot be built", [
    {
      path: reference,
      message: `${tool} ${what} failed`,
      fix: `see its output above${pushes ? `; pushing wants a login: ${tool} login ${reference.split("/", 1)[0]}` : ""}`,
    },
  ]);
}

const hasImage = (engine: Docker, reference: string): Promise<boolean> =>
  engine
    .getImage(reference)
    .inspect()
    .then(
      () => true,
      () => false,
    );

/**
 * The platforms that a registry has an image for, as far as it tells; undefined when there is no such image. Asked by the
 * engine, so that its mirrors and logins count.
 */
const pushedFor = (engine: Docker, reference: string): Promise<string[] | undefined> =>
  engine
    .getImage(reference)
    .distribution()
    .then(
      ({ Platforms }) => (Platforms ?? []).map(({ os, architecture }) => `${os}/${architecture}`),
      () => undefined,
    );

/** The platform of an image that the engine holds: the classic builder takes it whatever that is. */
const heldFor = (engine: Docker, reference: string): Promise<string | undefined> =>
  engine
    .getImage(reference)
    .inspect()
    .then(
      ({ Os, Architecture }) => `${Os}/${Architecture}`,
      () => undefined,
    );

/** What the tool can make of a base image, and says so where that is not all. @throws {InputError} when it is nothing. */
async function builderFor(
  tool: string,
  env: Record<string, string>,
  engine: Docker,
  base: string,
): Promise<ImageBuilder> {
  const offered = await pushedFor(engine, base);
  const builder = restrictTo(await findBuilder(tool, env), base, offered);
  const { platforms, attests, fix } = builder;
  if (platforms.length === 0)
    throw new InputError("an image cannot be built", [
      {
        path: "platform:images.overrides.node",
        message: `${base} is there for ${offered?.join(" and ")} only`,
        fix: fix ?? "",
      },
    ]);
  const held = builder.buildx ? undefined : await heldFor(engine, base);
  if (held !== undefined && usesForeignBase(builder, held))
    throw new InputError("an image cannot be built", [
      {
        path: "platform:images.overrides.node",
        message: `this engine holds ${base} for ${held}, and would build on that`,
        fix: `${tool} pull --platform ${platforms[0]} ${base}`,
      },
    ]);
  if (fix !== undefined)
    process.stderr.write(
      `This builder makes ${platforms.join(" and ")}${attests ? "" : ", and no SBOM"}; for all: ${fix}\n`,
    );
  return builder;
}
