import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../stacks/program.ts";
import { missingForPulumi } from "../engine/requirements.ts";

const missing = await missingForPulumi();
const home = mkdtempSync(join(tmpdir(), "beat-test-"));
const env = { PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "test" };
const files: string[] = [];
const written = (name: string, config: string): void => {
  const file = join(projectRoot, `Pulumi.${name}.yaml`);
  files.push(file);
  writeFileSync(file, config);
};
const render = (...args: string[]) =>
  execa(process.execPath, [join(projectRoot, "cli/main.ts"), "render", ...args], {
    reject: false,
    stdin: "ignore",
    env,
  });

afterAll(() => {
  rmSync(home, { recursive: true });
  for (const file of files) rmSync(file, { force: true });
});

describe.skipIf(missing !== undefined)(
  "a file of settings whose stack was never made",
  { timeout: 120_000 },
  () => {
    test.each([
      ["docker", "compose"],
      ["kubernetes", "kubernetes"],
    ])("on %s, with a name that cannot be, is renamed by the mend, and rendered", async (target, format) => {
      const name = `Test_Render_${target}_${process.pid}`;
      const free = name.toLowerCase().replaceAll("_", "-");
      written(name, `config:\n  platform:target: ${target}\n  platform:source: sample\n`);
      written(free, "");
      rmSync(join(projectRoot, `Pulumi.${free}.yaml`));
      const refused = await render(name, "--format", format, "--out", "-");
      expect(refused.exitCode).toBe(2);
      expect(refused.stderr).not.toContain("pulumi stack rename");
      const [, move = "", rest = ""] =
        /fix: (mv \S+ \S+), and then (--stack \S+)$/m.exec(refused.stderr) ?? [];
      await execa("bash", ["-c", move], { cwd: projectRoot });
      const { exitCode, stdout } = await render(...rest.split(" "), "--format", format, "--out", "-");
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`beat-ecoprove-${free}`)]);
    });

    test("with a setting that cannot be is told that the file is what there is", async () => {
      const name = `test-render-${process.pid}`;
      written(
        name,
        "config:\n  platform:target: kubernetes\n  platform:publicHost: https://App.example.org/x\n",
      );
      const { exitCode, stderr } = await render(name, "--out", "-");
      expect([exitCode, stderr]).toEqual([
        2,
        expect.stringContaining(`${name} is not made yet: write it into Pulumi.${name}.yaml`),
      ]);
    });
  },
);
