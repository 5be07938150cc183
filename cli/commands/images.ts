import type { Command } from "commander";
import { stackImages } from "../../config/stack-images.ts";
import { checkEngine } from "../../infra/docker/operate/checks.ts";
import { buildOwnImages } from "../../infra/images/build-own.ts";
import { buildServiceImages } from "../../infra/images/build-services.ts";
import { pinImages } from "../../infra/images/pin.ts";
import { failed } from "../../infra/operate/check.ts";
import { command, oldSpelling } from "../command.ts";
import { print, printJson } from "../output.ts";
import { engineSetting, requirePassed, type Session } from "../session.ts";

const needs = { create: true, target: false };

/** The images of a stack: listed, built, pushed, pinned. */
export function imagesCommand(beat: Command): void {
  const images = beat.command("images").description("the images of a stack");

  command(
    images,
    "push",
    "build the project's own images and push them to platform:registry, for every architecture the builder can",
    needs,
    async (session, { json }) => {
      const { engine, address, settings } = session;
      requirePassed(
        [
          await checkEngine(engine, address, engineSetting(settings)),
          ...(settings.registry === "localhost"
            ? [
                failed("registry", {
                  path: "platform:registry",
                  message: "is localhost, which stands for none",
                  fix: "pulumi config set platform:registry <host and path>",
                }),
              ]
            : []),
        ],
        "nothing was pushed",
      );
      const built = await buildOwnImages(session, engine, address, {
        onlyMissing: true,
        push: true,
        complete: true,
      });
      if (json) printJson(built);
      else
        for (const { reference, result, pushed } of built)
          print(
            `${reference}  ${result}${pushed === undefined ? "" : ` for ${pushed.platforms.join(", ")}, ${pushed.sbom ? "with" : "without"} SBOM`}`,
          );
    },
  ).argument("[stack]", "stack to work on, like --stack");

  command(
    images,
    "pin",
    "write the digest of every image of the stack into Pulumi.<stack>.yaml",
    needs,
    async (session, { json }) => {
      requirePassed(
        [await checkEngine(session.engine, session.address, engineSetting(session.settings))],
        "nothing was pinned",
      );
      const pinned = await pinImages(session);
      if (json) return printJson(pinned);
      for (const { reference, digest, already } of pinned)
        print(`${already ? "was pinned" : "pinned now"}  ${reference}${already ? "" : ` is ${digest}`}`);
    },
  ).argument("[stack]", "stack to work on, like --stack");
  command(
    images,
    "list",
    "say which images the stack uses, and which setting chooses each; changes nothing",
    { ...needs, create: "for now" },
    async ({ platform, settings }, { json }) => {
      const all = stackImages(platform, settings);
      if (json) return printJson(all);
      for (const { reference, path, built } of all)
        print(`${reference.padEnd(60)} ${path}${built ? " (built here)" : ""}`);
    },
  ).argument("[stack]", "stack to work on, like --stack");
  command(
    images,
    "build",
    "build service images from git or path sources",
    needs,
    async (session, { json }) => build(session, json),
  ).argument("[stack]", "stack to work on, like --stack");
  command(beat, "build-images", "old spelling of: images build", needs, async (session, { json }) => {
    oldSpelling("./beat images build");
    await build(session, json);
  });
}

async function build(session: Session, json: boolean | undefined): Promise<void> {
  requirePassed(
    [await checkEngine(session.engine, session.address, engineSetting(session.settings))],
    "images cannot be built here",
  );
  const built = await buildServiceImages(session, { onlyMissing: false });
  if (json) printJson(built);
  else print(built.length === 0 ? "no service has a git or path source" : built.join("\n"));
}
