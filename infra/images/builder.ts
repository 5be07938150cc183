import { execa } from "execa";

/** What a machine can make of an image that is to be pushed. */
export interface ImageBuilder {
  /** Docker's buildx; without it, the engine's own `build` and `push`. */
  readonly buildx: boolean;
  /** Of the architectures that servers have, those it builds for. */
  readonly platforms: readonly string[];
  /** Whether it adds an SBOM and the provenance. */
  readonly attests: boolean;
  /** What brings the rest, when something is missing. */
  readonly fix?: string;
}

/** The architectures that servers have. */
const wantedPlatforms = ["linux/amd64", "linux/arm64"] as const;

const container = "docker buildx create --use --bootstrap --driver docker-container";

/**
 * Reads `docker buildx inspect`. The `docker` driver makes neither attestations nor more than one platform, unless the
 * engine keeps its images in containerd (docs.docker.com/build/builders/drivers/docker).
 * @param text its output; undefined when there is no buildx.
 * @param containerd whether the engine keeps its images in containerd.
 * @param native the engine's own platform.
 */
export function builderOf(text: string | undefined, containerd: boolean, native: string): ImageBuilder {
  if (text === undefined)
    return {
      buildx: false,
      platforms: [native],
      attests: false,
      fix: `install docker buildx, then ${container}`,
    };
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
  if (field("Driver") === "docker" && !containerd)
    return { buildx: true, platforms: [native], attests: false, fix: container };
  // A star marks what somebody chose for a node.
  const listed = field("Platforms")
    .split(",")
    .map((platform) => platform.trim().replace("*", ""));
  const platforms = wantedPlatforms.filter((platform) => listed.includes(platform));
  return {
    buildx: true,
    platforms: platforms.length > 0 ? platforms : [native],
    attests: true,
    ...(platforms.length < wantedPlatforms.length && {
      fix: "docker run --privileged --rm tonistiigi/binfmt --install all, or add a node of the other architecture to the builder",
    }),
  };
}

/** Asks the tool what it can do. @param env where its engine is. */
export async function findBuilder(tool: string, env: Record<string, string>): Promise<ImageBuilder> {
  const answer = (...args: string[]) => execa(tool, args, { env, reject: false });
  const ask = async (...args: string[]): Promise<string | undefined> => {
    const { exitCode, stdout } = await answer(...args);
    return exitCode === 0 ? stdout : undefined;
  };
  // Podman does not know these fields, and works on this machine.
  const info = await ask("info", "--format", "{{.Architecture}} {{json .DriverStatus}}");
  const architecture = info?.split(" ", 1)[0] ?? process.arch;
  const known: Readonly<Record<string, string>> = { x86_64: "amd64", x64: "amd64", aarch64: "arm64" };
  const { exitCode, stdout, stderr } = await answer("buildx", "inspect", "--bootstrap");
  const builder = builderOf(
    exitCode === 0 ? stdout : undefined,
    info?.includes("io.containerd.snapshotter") === true,
    `linux/${known[architecture] ?? architecture}`,
  );
  if (exitCode === 0 || (await ask("buildx", "version")) === undefined) return builder;
  const last = stderr.trim().split("\n").at(-1) ?? "";
  return {
    ...builder,
    fix: `mend or leave the chosen builder, which does not start (${last}): docker buildx ls`,
  };
}

/** How engines list an attestation among the platforms of an image. */
const attestation = "unknown/unknown";

/**
 * Whether a builder would add an architecture or the SBOM to an image, and take nothing away.
 * @param there the platforms that the registry has it for.
 */
export function addsPlatform({ platforms, attests }: ImageBuilder, there: readonly string[]): boolean {
  const made = [...platforms, ...(attests ? [attestation] : [])];
  return there.every((platform) => made.includes(platform)) && made.some((one) => !there.includes(one));
}

/**
 * The builder, for no platform that the base image lacks: of a base that is no index BuildKit makes images of every platform,
 * each with the one platform's programs inside.
 * @param offered the platforms of the base; none when no registry says.
 */
export function restrictTo(
  builder: ImageBuilder,
  base: string,
  offered: readonly string[] = [],
): ImageBuilder {
  const platforms = builder.platforms.filter((platform) => offered.includes(platform));
  if (offered.length === 0 || platforms.length === builder.platforms.length) return builder;
  return {
    ...builder,
    platforms,
    fix: `docker buildx imagetools create -t ${base} <the original, which has all>`,
  };
}

/** Whether a builder takes the base that its engine holds, for another platform: the classic one does, and calls it its own. */
export const usesForeignBase = ({ buildx, platforms }: ImageBuilder, held: string): boolean =>
  !buildx && !platforms.includes(held);

/** The commands that build an image and push it, in order. @param base the build argument BASE. */
export function pushCommands(
  builder: ImageBuilder,
  {
    reference,
    base,
    context,
  }: { readonly reference: string; readonly base: string; readonly context: string },
): string[][] {
  const rest = ["--build-arg", `BASE=${base}`, "-t", reference, context];
  if (!builder.buildx)
    return [
      ["build", ...rest],
      ["push", reference],
    ];
  const platforms = ["buildx", "build", "--platform", builder.platforms.join(",")];
  if (!builder.attests) return [[...platforms, "--push", ...rest]];
  return [
    [
      ...platforms,
      "--sbom=true",
      "--provenance=mode=max",
      // One time stamp for everything: the same source gives the same image of each platform; the provenance beside it
      // has the time (docs.docker.com/build/ci/github-actions/reproducible-builds).
      "--build-arg",
      "SOURCE_DATE_EPOCH=0",
      "--output",
      "type=registry,rewrite-timestamp=true",
      ...rest,
    ],
  ];
}
