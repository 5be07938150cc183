import { expect, test } from "vitest";
import { defined, plain } from "../../config/define/test-definition.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { backupSources, claimOf } from "./backup-sources.ts";

const volume = (name: string) => ({ volumes: [{ name, path: "/data" }] });
const platform = defined({
  a: { ...plain, needs: { ...volume("a-files"), postgres: { database: "a" } } },
  b: { ...plain, port: 7001, routes: [{ prefix: "/b" }], needs: volume("b-files") },
});

test("each source tells of itself under a name of its own, though services share a store", () => {
  const saved = backupSources(platform, parseSettings({ "platform:backups": "{}" }), undefined);
  expect(saved.map(({ store, source }) => [store, source])).toEqual([
    ["mongo", "mongo"],
    ["postgres", "postgres"],
    ["uploads", "uploads-a"],
    ["uploads", "uploads-b"],
  ]);
  for (const { source, script, verify } of saved)
    for (const text of [script({ keepDays: 3, drillDays: 7 }), verify()])
      expect(text).toContain(`\nSTORE='${source.replace(/-.*/, "")}' SOURCE='${source}'\n`);
});

test("a service that got another name goes on with the claim of its backups, also when it gets the first one back", () => {
  const claims = (name: string, renamedFrom: readonly string[], ...known: readonly string[]) => {
    const renamed = defined({ [name]: { ...plain, renamedFrom, needs: volume("files") } });
    const all = backupSources(renamed, parseSettings({ "platform:backups": "{}" }), undefined);
    return all
      .filter(({ store }) => store === "uploads")
      .map((source) => claimOf(source, new Set(["backups", ...known])));
  };
  expect(claims("notes", [])).toEqual(["backups-notes"]);
  // Where nothing is known it is the first of its names.
  expect(claims("memos", ["notes"])).toEqual(["backups-notes"]);
  expect(claims("memos", ["notes"], "backups-notes")).toEqual(["backups-notes"]);
  expect(claims("notes", ["memos"], "backups-notes")).toEqual(["backups-notes"]);
  expect(claims("files", ["memos", "notes"], "backups-notes")).toEqual(["backups-notes"]);
  // A version before this one made it.
  expect(claims("memos", ["notes"], "backups-memos")).toEqual(["backups-memos"]);
});
