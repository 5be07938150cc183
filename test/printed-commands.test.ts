import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { beat } from "../cli/beat.ts";
import { onStack } from "../core/stack-commands.ts";
import { commandsIn, faultOfBeat, faultOfConfig, namesStackByPlace } from "./commands.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => ending.test(file) && !/\.test\.ts$|node_modules|^(dist|test)\//.test(file))
    .map((file) => join(folder, file));
const documents = ["README.md", ...files("docs", /\.md$/)];
const sources = ["cli", "config", "core", "infra", "policies", "stacks", "stores"].flatMap((folder) =>
  files(folder, /\.ts$/),
);

/** What is wrong with the commands of a file. */
const faultsIn = (file: string): string[] => {
  const text = readFileSync(join(root, file), "utf8");
  return [
    ...commandsIn(text, "./beat").map((line) => [line, faultOfBeat(line)] as const),
    ...commandsIn(text, "pulumi config").map((line) => [line, faultOfConfig(line)] as const),
  ].flatMap(([line, fault]) => (fault === undefined ? [] : [`${file}: ${line}: ${fault}`]));
};

describe("a command that is shown exists", () => {
  test.each(documents)("in %s", (file) => expect(faultsIn(file)).toEqual([]));
  test("in messages", () => expect(sources.flatMap(faultsIn)).toEqual([]));
  test("and one that does not is noticed", () => {
    for (const line of ["./beat upp", "./beat up --now", "./beat secrets list a b c", "./beat down --volume"])
      expect(faultOfBeat(line)).toBeDefined();
    for (const line of [
      "pulumi config set platform:kubernetes.context x",
      "pulumi config set --path platform:kubernetes.kontext x",
      "pulumi config rm platform:portz",
    ])
      expect(faultOfConfig(line)).toBeDefined();
  });
});

describe("a command that is printed names the stack it is about", () => {
  const printed = sources.flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return (["./beat", "pulumi config"] as const).flatMap((kind) =>
      commandsIn(text, kind).map((line) => ({ file, line })),
    );
  });

  test("each in the sources, once it goes out", () => {
    expect(printed.length).toBeGreaterThan(50);
    const faults = printed
      // What a shell reads, and what runs tests, is about none.
      .filter(({ line }) => !/^\.\/beat (env|test)\b/.test(line))
      // Its own vocabulary, no sentence.
      .filter(({ file }) => file !== "core/stack-commands.ts")
      .filter(({ line }) => {
        const told = onStack(line, "prod");
        return !told.includes(" --stack ") || (line.startsWith("./beat") && faultOfBeat(told) !== undefined);
      });
    expect(faults).toEqual([]);
  });

  test("whatever command there is that takes a stack", () => {
    const takesStack = beat.commands.filter(
      (command) =>
        command.name() !== "env" &&
        [command, ...command.commands].some(({ options }) => options.some(({ long }) => long === "--stack")),
    );
    expect(takesStack.length).toBeGreaterThan(10);
    for (const command of takesStack)
      expect(onStack(`./beat ${command.name()}`, "prod"), command.name()).toMatch(/ --stack prod$/);
  });

  test("and none by its place, where a second name would be no help", () => {
    expect(printed.filter(({ line }) => namesStackByPlace(line))).toEqual([]);
    expect(namesStackByPlace("./beat secrets make ${name}")).toBe(true);
    expect(namesStackByPlace("./beat secrets show <name>")).toBe(false);
  });

  test("nothing is written to a terminal past what adds it, but what is nobody's words", () => {
    const writers = (pattern: RegExp): string[] =>
      sources.filter((file) => pattern.test(readFileSync(join(root, file), "utf8"))).sort();
    expect(
      writers(/process\.std(out|err)\b(?!\.on\()|console\.\w+\(/).filter((file) => !/^stores\//.test(file)),
    ).toEqual([
      "cli/commands/preview.ts",
      "cli/live/live.ts",
      "cli/output.ts",
      "cli/serve-gateway.ts",
      "infra/images/build-own.ts",
      "infra/images/build-services.ts",
      "infra/kubernetes/operate/images.ts",
    ]);
    expect(writers(/printAsIs/)).toEqual([
      "cli/commands/env.ts",
      "cli/commands/render.ts",
      "cli/commands/secrets.ts",
      "cli/output.ts",
    ]);
  });
});

test.each(documents)("every link of %s within the project leads somewhere", (file) => {
  const text = readFileSync(join(root, file), "utf8");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const slug = (title: string) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
  const broken = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? join(root, file) : join(root, dirname(file), path);
      if (!existsSync(target)) return true;
      if (anchor === undefined || !target.endsWith(".md")) return false;
      const titles = [...readFileSync(target, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
        slug(title),
      );
      return !titles.includes(anchor);
    });
  expect(broken).toEqual([]);
});
