import { expect, test } from "vitest";
import { defined, plain } from "../../config/define/test-definition.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { backupSources } from "../workloads/backup-sources.ts";
import { parseList } from "./backups.ts";

test("the list says which backups are of nobody any more, and which have a name of the future", () => {
  const platform = defined({
    notes: { ...plain, needs: { postgres: { database: "notes", renamedFrom: ["old"] } } },
  });
  const settings = parseSettings({ "platform:target": "docker", "platform:backups": "{}" });
  const lines = [
    "notes 20260101T000000Z.dump",
    "notes 20990101T000000Z.dump",
    "old 20260101T000000Z.dump",
    "gone 20260101T000000Z.dump",
  ];
  const list = parseList(
    lines.map((line) => `postgres ${line} 7\n`).join(""),
    backupSources(platform, settings, undefined),
  );
  expect(list.map(({ note }) => note)).toEqual([
    undefined,
    "of the future, so a clock was wrong: never the latest",
    "of notes, by its former name",
    "of no present database",
  ]);
});

test("a file that somebody has put there is told by its whole name", () => {
  expect(parseList("postgres notes my own copy.dump 7\n", [])).toMatchObject([
    { store: "postgres", database: "notes", file: "my own copy.dump", bytes: 7 },
  ]);
});
