import { expect, test } from "vitest";
import { defined, plain } from "../../config/define/test-definition.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { backupSources } from "./backup-sources.ts";

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
