import { expect, test } from "vitest";
import { defined, plain } from "../../../config/define/test-definition.ts";
import { parseSettings } from "../../../config/settings/parse.ts";
import { InputError } from "../../../core/problems.ts";
import { DeploymentError } from "../../operate/parts.ts";
import { EngineBackups } from "./backups.ts";
import { engineOf } from "./test-engine.ts";

const platform = defined({
  notes: {
    ...plain,
    needs: { postgres: { database: "notes" }, volumes: [{ name: "files", path: "/data" }] },
  },
});
const settings = parseSettings({ "platform:target": "docker", "platform:backups": "{}" });

/** What became of the commands when the containers are so. */
function stackOf(states: Readonly<Record<string, string>>) {
  const { engine, ran } = engineOf(states);
  return { ran, backups: new EngineBackups({ platform, settings, engine, prefix: "p" }) };
}

const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error("it went well");
    },
    (error: Error) => error,
  );

for (const [what, postgres] of Object.entries({ stopped: "exited", "taken away": undefined }))
  for (const act of ["save", "verify"] as const)
    test(`${act}: a container that is ${what} costs the others nothing, and what they said is told`, async () => {
      const { backups, ran } = stackOf({
        "backup-mongo": "running",
        ...(postgres && { "backup-postgres": postgres }),
        "backup-notes": "running",
      });
      const error = await errorOf(backups[act](undefined));
      expect(ran).toEqual(["backup-mongo", "backup-notes"]);
      expect(error).toBeInstanceOf(DeploymentError);
      expect(error.message).toContain("said by backup-mongo");
      expect(error.message).toContain("said by backup-notes");
      expect(error.message).toMatch(/^container p-backup-postgres: .*; fix: .*\.\/beat up$/m);
      expect(error.message).not.toContain("nothing was done");
    });

test("where all of them are stopped nothing was done, and each is named", async () => {
  const { backups } = stackOf({ "backup-mongo": "exited", "backup-postgres": "exited" });
  const error = await errorOf(backups.save(undefined));
  expect(error).toBeInstanceOf(InputError);
  for (const name of ["mongo", "postgres", "notes"])
    expect(error.message).toContain(`container p-backup-${name}:`);
});

test("the backups can be listed while one of the containers is stopped", async () => {
  const { backups, ran } = stackOf({
    "backup-mongo": "exited",
    "backup-postgres": "running",
    "backup-notes": "running",
  });
  await backups.list();
  expect(ran).toEqual(["backup-postgres"]);
});

test("where the engine went away meanwhile nobody says that it failed", async () => {
  const { engine } = engineOf({ "backup-postgres": "running" }, null);
  const backups = new EngineBackups({ platform, settings, engine, prefix: "p" });
  const error = await errorOf(backups.restore({ store: "postgres", database: "notes", from: "latest" }));
  expect(error.message).toMatch(/^backup-postgres: how it ended is not known; see: \.\/beat status\nsaid by/);
});
