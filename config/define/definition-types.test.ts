import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
mkdirSync(join(root, ".beat"), { recursive: true });
/** Inside the project, so that packages are found as a definition of the team's finds them. */
const folder = mkdtempSync(join(root, ".beat", "types-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const service = (needs: string, env = "({ port }) => ({ PORT: port })") => `defineService({
  image: { repository: "r", tag: "1" }, sample: "basic", port: 1, routes: [{ prefix: "/a" }],
  health: { probe: { tcp: true }, tool: "wget" }, replicas: { max: 1, why: "w" },
  needs: ${needs}, env: ${env},
})`;
const platform = (needs: string, more = "") =>
  `definePlatform({ name: "p", stores: { postgres: {}, kafka: {} }, topics: { known: {} }, gateway: {}, services: { one: ${service(needs)}${more} } });`;

/** Definitions that are refused, and what the compiler says of each. */
const refused: Readonly<Record<string, readonly [string, string]>> = {
  "a store that the platform has not": [
    platform("{ mongo: { database: 'd' } }"),
    "the platform has no mongo: add it to stores",
  ],
  "a topic that is not declared": [
    platform("{ kafka: { publishes: ['known', 'nope'] } }"),
    "no topic is named nope: add it to topics",
  ],
  "a topic that is consumed and not declared": [
    platform("{ kafka: { consumes: ['other'], group: 'g' } }"),
    "no topic is named other: add it to topics",
  ],
  "a callee that is no service": [
    platform("{ calls: ['nobody'] }"),
    "no service is named nobody: correct calls",
  ],
  "a reference to a store that was not asked for": [
    service("{ postgres: { database: 'd' } }", "({ redis }) => ({ HOST: redis.host })"),
    "Property 'redis' does not exist",
  ],
  "a callee that was not asked for": [
    service("{ calls: ['two'] }", "({ calls }) => ({ HOST: calls.three.host })"),
    "Property 'three' does not exist",
  ],
  "a service that is none": [
    `definePlatform({ name: "p", stores: {}, topics: {}, gateway: {}, services: { one: { needs: {} } } });`,
    "what defineService({ … }) returns",
  ],
};
/** Definitions that are good, beside them: the compiler says nothing of these. */
const good: readonly string[] = [
  platform("{}"),
  platform("{ kafka: { publishes: ['known'], consumes: ['known'], group: 'g' } }"),
  platform("{ calls: ['one'] }"),
];

let said: readonly { readonly file: string; readonly text: string }[] = [];
beforeAll(async () => {
  const head = `import { definePlatform } from "../../config/define/define.ts";\nimport { defineService } from "../../config/define/service.ts";\nvoid definePlatform;\n`;
  const write = (name: string, text: string) =>
    writeFileSync(join(folder, `${name}.ts`), `${head}export const x = ${text}\n`);
  for (const [index, [text]] of Object.values(refused).entries()) write(`refused-${index}`, text);
  for (const [index, text] of good.entries()) write(`good-${index}`, text);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }),
  );
  const { stdout } = await execa(join(root, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
    cwd: folder,
    reject: false,
  });
  // An error begins at the margin; what explains it is indented.
  said = stdout.split(/\n(?=\S)/).map((text) => ({ file: text.slice(0, text.indexOf(".ts")), text }));
}, 120_000);

test("good definitions compile", () => {
  expect(said.filter(({ file }) => file.startsWith("good"))).toEqual([]);
});

test.each(Object.entries(refused).map(([name, [, message]], index) => [name, index, message] as const))(
  "%s does not compile, and the compiler says why in few words",
  (_name, index, message) => {
    const found = said.filter(({ file }) => file === `refused-${index}`);
    expect(found.map(({ text }) => text).join("\n")).toContain(message);
    for (const { text } of found) expect(text.split("\n").length).toBeLessThan(6);
  },
);
