import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { refusals } from "../gateway/src/message/refusals.ts";

const text = readFileSync("gateway/BEHAVIOUR.md", "utf8");
const rows = new Map(
  [...text.matchAll(/^\| (client|gateway|upstream) \| (.+) \|$/gm)].map(([, fault = "", row = ""]) => [
    fault,
    row,
  ]),
);

test.each(Object.entries(refusals))(
  "gateway/BEHAVIOUR.md has the refusal %s under its fault",
  (_, refusal) => {
    const groups = rows.get(refusal.fault)?.split(";") ?? [];
    const has = (group: string) =>
      group.includes(`\`${refusal.reason}\``) && group.includes(String(refusal.status));
    expect(groups.some(has)).toBe(true);
  },
);

test("gateway/BEHAVIOUR.md names only files that there are", () => {
  const named = [...text.matchAll(/`([\w./-]+\.ts)`/g)].map(([, path = ""]) => path);
  const folders = ["", "node/", "proxy/"];
  const missing = named.filter(
    (path) => !folders.some((folder) => existsSync(`gateway/src/${folder}${path}`)),
  );
  expect(named.length).toBeGreaterThan(30);
  expect(missing).toEqual([]);
});
