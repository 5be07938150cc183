import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type Docker from "dockerode";
import { execa } from "execa";
import { builtReference, sourceOf } from "../../config/catalogue.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import type { Settings } from "../../config/settings/schema.ts";
import { withoutLogins } from "../../core/logins.ts";
import { InputError, type Problem } from "../../core/problems.ts";
import { engineEnvironment } from "../engine/address.ts";

/** What is built, and where. */
export interface ServiceImagesArgs {
  readonly platform: PlatformModel;
  readonly settings: Settings;
  readonly engine: Docker;
  readonly address: string | undefined;
  /** The project's root folder; a `path` source is told from there. */
  readonly root: string;
  /** The folder for what git ignores; sources of commits lie in it. */
  readonly home: string;
}

const pathOf = (service: string): string => `platform:services.${service}.source`;

/** What is wrong with the sources that images are built from, as far as this machine tells. */
export function sourceProblems(platform: PlatformModel, settings: Settings, root: string): Problem[] {
  return Object.values(platform.services).flatMap((service): Problem[] => {
    const source = sourceOf(service, settings);
    const path = pathOf(service.name);
    if (typeof source !== "object" || "image" in source) return [];
    if ("git" in source)
      return source.git.repository === undefined && service.repository === undefined
        ? [{ path, message: "no repository is known", fix: "set git.repository" }]
        : [];
    const context = resolve(root, source.path);
    if (existsSync(join(context, "Dockerfile"))) return [];
    return [
      {
        path,
        message: `${context} has no Dockerfile`,
        fix: "name the folder of a checkout that has one",
      },
    ];
  });
}

/**
 * Builds the images of services whose source is `git` (a pinned commit) or `path` (a local checkout).
 * @returns the references that were built.
 * @throws {InputError} when a checkout is missing or a build fails.
 */
export async function buildServiceImages(
  { platform, settings, engine, address, root, home }: ServiceImagesArgs,
  options: { readonly onlyMissing: boolean },
): Promise<string[]> {
  const problems = sourceProblems(platform, settings, root);
  if (problems.length > 0) throw new InputError("an image cannot be built", problems);
  const built: string[] = [];
  for (const service of Object.values(platform.services)) {
    const source = sourceOf(service, settings);
    const reference = builtReference(service, source);
    if (reference === undefined || source === "sample" || "image" in source) continue;
    if (
      options.onlyMissing &&
      (await engine
        .getImage(reference)
        .inspect()
        .then(
          () => true,
          () => false,
        ))
    )
      continue;
    const fail = (message: string, fix: string) =>
      new InputError("an image cannot be built", [{ path: pathOf(service.name), message, fix }]);
    let context: string;
    if ("path" in source) context = resolve(root, source.path);
    else {
      const repository = source.git.repository ?? service.repository ?? "";
      context = join(home, "sources", `${service.name}-${source.git.commit}`);
      if (!existsSync(join(context, ".git")))
        try {
          await execa("git", ["init", "-q", context]);
          await execa("git", ["-C", context, "fetch", "-q", "--depth", "1", repository, source.git.commit]);
          await execa("git", ["-C", context, "checkout", "-q", "--detach", "FETCH_HEAD"]);
        } catch (error) {
          await execa("rm", ["-rf", context]);
          throw fail(
            withoutLogins(
              `${repository} at ${source.git.commit} cannot be fetched: ${(error as Error).message.split("\n")[1] ?? ""}`,
            ),
            "check repository, commit and network",
          );
        }
    }
    process.stderr.write(`Building ${reference} …\n`);
    const tool = process.env.CONTAINER_TOOL ?? "docker";
    const { exitCode } = await execa(tool, ["build", "-t", reference, context], {
      stdio: ["ignore", process.stderr, process.stderr],
      reject: false,
      env: engineEnvironment(address),
    });
    if (exitCode !== 0) throw fail(`${tool} build failed`, "see its output above");
    built.push(reference);
  }
  return built;
}
