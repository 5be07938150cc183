import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { projectRoot } from "../../stacks/program.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "beat-node-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const olderNode = fileURLToPath(new URL("../../gateway/test/support/older-node.mjs", import.meta.url));

function script(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

/** Runs `./beat` in a clone of its own, with this `node` on the PATH and an npm that puts the real one where it is told. */
function beat(node: string | undefined) {
  copyFileSync(join(projectRoot, "beat"), join(home, "beat"));
  writeFileSync(join(home, "package-lock.json"), "{}");
  mkdirSync(join(home, "node_modules"));
  writeFileSync(join(home, "node_modules/.beat-lock"), "{}");
  mkdirSync(join(home, "cli"));
  writeFileSync(
    join(home, "cli/main.ts"),
    'console.log("ran by", process.execPath, process.argv[2] as string);',
  );
  const path = join(home, "path");
  mkdirSync(path);
  if (node !== undefined) script(join(path, "node"), node);
  script(
    join(path, "npm"),
    `echo "npm $*" >>"${home}/npm.log"
     for last; do :; done
     package=\${last%@*}
     mkdir -p "${home}/.beat/node/node_modules/$package/bin"
     ln -s "${process.execPath}" "${home}/.beat/node/node_modules/$package/bin/node"`,
  );
  for (const tool of ["sh", "dirname", "cmp", "mkdir", "cp", "ln"]) {
    const found = ["/usr/bin", "/bin"].map((folder) => join(folder, tool)).find((file) => existsSync(file));
    if (found !== undefined) symlinkSync(found, join(path, tool));
  }
  const { status, stdout, stderr } = spawnSync(join(home, "beat"), ["status"], {
    encoding: "utf8",
    env: { PATH: path, NODE_COMPILE_CACHE: join(home, "cache") },
  });
  return { status, stdout, stderr, installs: existsSync(join(home, "npm.log")) };
}

test("a Node that has what is needed is used as it is", () => {
  const { status, stdout, installs } = beat(`exec "${process.execPath}" "$@"`);
  expect(stdout).toBe(`ran by ${process.execPath} status\n`);
  expect(status).toBe(0);
  expect(installs).toBe(false);
});

test.each([
  ["does not run TypeScript", `exec "${process.execPath}" --no-strip-types "$@"`],
  ["hands over every Upgrade", `exec "${process.execPath}" --import "${olderNode}" "$@"`],
])("beside a Node that %s it puts its own into .beat/node", (_what, node) => {
  const { status, stdout, stderr, installs } = beat(node);
  expect(stderr).toContain("beat: installing Node.js 24 into .beat/node");
  expect(stdout).toBe(`ran by ${process.execPath} status\n`);
  expect(status).toBe(0);
  expect(installs).toBe(true);
});
