import { beat, command, print, printJson } from "../command.ts";
import { bad, checkEngine } from "../doctor.ts";
import { pinImages } from "../images.ts";
import { buildOwnImages } from "../own-images.ts";
import { insist } from "../session.ts";

/** Commands on a stack's images. */
export const images = beat.command("images").description("the images of a stack");

command(
  "push",
  "build the project's own images and push them to platform:registry, for every architecture the builder can",
  { create: true, target: false },
  async (session, { json }) => {
    const { engine, address, settings } = session;
    insist(
      [
        await checkEngine(engine, address),
        ...(settings.registry === "localhost"
          ? [
              bad("registry", {
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
  images,
).argument("[stack]", "stack to work on, like --stack");

command(
  "pin",
  "write the digest of every image of the stack into Pulumi.<stack>.yaml",
  { create: true, target: false },
  async (session, { json }) => {
    insist([await checkEngine(session.engine, session.address)], "nothing was pinned");
    const pinned = await pinImages(session);
    if (json) return printJson(pinned);
    for (const { reference, digest, already } of pinned)
      print(`${already ? "was pinned" : "pinned now"}  ${reference}${already ? "" : ` is ${digest}`}`);
  },
  images,
).argument("[stack]", "stack to work on, like --stack");
