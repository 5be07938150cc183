import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { configRemoveCommand } from "./config-commands.ts";
import { joinPath } from "./problems.ts";
import { onStack } from "./stack-commands.ts";

beforeEach(() => void vi.stubEnv("BEAT_STACK", undefined));
afterEach(() => void vi.unstubAllEnvs());

test.each([
  ["stop: ./beat down", "stop: ./beat down --stack prod"],
  ["name it: ./beat up, then wait", "name it: ./beat up --stack prod, then wait"],
  ["those there are: ./beat backup --list", "those there are: ./beat backup --list --stack prod"],
  ["./beat down  (volumes stay)", "./beat down --stack prod  (volumes stay)"],
  [
    "passwords: ./beat secrets list    logs: ./beat logs <name>    stop: ./beat down",
    "passwords: ./beat secrets list --stack prod    logs: ./beat logs <name> --stack prod    stop: ./beat down --stack prod",
  ],
  [
    "pulumi config set --path 'platform:trustedProxies[0]' <range>; or: pulumi config rm platform:x.",
    "pulumi config set --path 'platform:trustedProxies[0]' <range> --stack prod; or: pulumi config rm platform:x --stack prod.",
  ],
  [
    'pulumi config set --path \'platform:a["b.c"]\' "x y" (or by hand)',
    'pulumi config set --path \'platform:a["b.c"]\' "x y" --stack prod (or by hand)',
  ],
  ["see ./beat status, or ./beat up", "see ./beat status --stack prod, or ./beat up --stack prod"],
  [
    "remove it: pulumi config rm --path 'platform:a.o'\\''x y', then look",
    "remove it: pulumi config rm --path 'platform:a.o'\\''x y' --stack prod, then look",
  ],
  [
    "pulumi config set platform:x $(cat 'a b' $(c)), or",
    "pulumi config set platform:x $(cat 'a b' $(c)) --stack prod, or",
  ],
  [
    'pulumi config set platform:x "$(cat "a b")" now',
    'pulumi config set platform:x "$(cat "a b")" --stack prod now',
  ],
  ["pulumi config set platform:x ${X:-a b}", "pulumi config set platform:x ${X:-a b} --stack prod"],
  [
    "pulumi config set platform:cors[0] http://a,b",
    "pulumi config set platform:cors[0] http://a,b --stack prod",
  ],
  ["pulumi config set platform:x a\\ b c", "pulumi config set platform:x a\\ b --stack prod c"],
  ["pulumi config set platform:x < file", "pulumi config set platform:x --stack prod < file"],
  ["pulumi config set x -- -5", "pulumi config set x --stack prod -- -5"],
  ["pulumi config set x '--stack y'", "pulumi config set x '--stack y' --stack prod"],
  ["run ./beat up again, then look", "run ./beat up --stack prod again, then look"],
  ["./beat up --yes once more", "./beat up --yes --stack prod once more"],
  ["./beat secrets list again", "./beat secrets list --stack prod again"],
  [
    "./beat restore --store postgres --from x of it",
    "./beat restore --store postgres --from x --stack prod of it",
  ],
  ["./beat logs core-service and wait", "./beat logs core-service --stack prod and wait"],
  ["see pulumi config for it", "see pulumi config --stack prod for it"],
  ["remove it: `pulumi config rm a`", "remove it: `pulumi config rm a --stack prod`"],
])("%s", (text, told) => expect(onStack(text, "prod")).toBe(told));

test.each([
  "./beat up --stack other --yes",
  "./beat logs -s other",
  'eval "$(./beat env)"',
  "./beat test infra",
  "what ./beat upper does, and beat up",
  "pulumi plugin install resource docker v1",
  "pulumi stack init new",
])("%s stays as it is", (text) => expect(onStack(text, "prod")).toBe(text));

test("dev is what ./beat takes by itself, unless BEAT_STACK says otherwise; pulumi has no such default", () => {
  expect(onStack("./beat down", "dev")).toBe("./beat down");
  expect(onStack("pulumi config rm a", "dev")).toBe("pulumi config rm a --stack dev");
  vi.stubEnv("BEAT_STACK", "prod");
  expect(onStack("./beat down", "dev")).toBe("./beat down --stack dev");
  // Typed elsewhere it would be another one.
  expect(onStack("./beat down", "prod")).toBe("./beat down --stack prod");
});

test("a key of whatever signs stays one word of the command", () => {
  for (const key of ["it's", "a b", 'a"b', "$(id)", "a`id`", "a'--stack x'", "'", "''"]) {
    const told = onStack(`${configRemoveCommand(["platform:env", key])}, or not`, "prod");
    const words = execFileSync("sh", [
      "-c",
      `pulumi() { printf '%s\\n' "$@"; }; ${told.replace(/, or not$/, "")}`,
    ]);
    expect(words.toString().trimEnd().split("\n")).toEqual([
      "config",
      "rm",
      "--path",
      joinPath(["platform:env", key]),
      "--stack",
      "prod",
    ]);
  }
});
