import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { expect, test } from "vitest";
import { apart } from "./pulumi-apart.ts";

const folder = mkdtempSync(join(tmpdir(), "beat-apart-"));
const path = join(folder, "pulumi");
// As Pulumi: the first signal ends the step that is under way, the second one everything. It tells each.
writeFileSync(
  path,
  `#!/bin/sh
told=0
heard() { told=$((told + 1)); echo "signal $told"; if [ $told -gt 1 ]; then exit 255; fi; }
trap heard INT TERM
echo "began $*"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 0.1; if [ $told -gt 0 ]; then sleep 0.5; echo whole; exit 3; fi; done
`,
);
chmodSync(path, 0o755);
const command = { command: path, version: null } as unknown as PulumiCommand;

test("a run that is aborted gets one signal and is waited for", async () => {
  const aborting = new AbortController();
  let said = "";
  const run = apart(command).run(
    ["up"],
    folder,
    {},
    (text) => {
      said += text;
      if (said.includes("began")) aborting.abort();
    },
    undefined,
    aborting.signal,
  );
  await expect(run).rejects.toThrow("code: 3");
  expect(said).toBe("began up --non-interactive\nsignal 1\nwhole\n");
  await expect(apart(command).run(["up"], folder, {}, undefined, undefined, aborting.signal)).rejects.toThrow(
    "aborted",
  );
});

// What a terminal, `timeout` or a CI system does.
const program = `
import { apart } from ${JSON.stringify(join(import.meta.dirname, "pulumi-apart.ts"))};
import { heedInterrupts } from ${JSON.stringify(join(import.meta.dirname, "live/interrupt.ts"))};
import { onWriteError } from ${JSON.stringify(join(import.meta.dirname, "leave.ts"))};
process.stdout.on("error", onWriteError);
const aborting = new AbortController();
const stop = heedInterrupts(() => aborting.abort(), () => {});
await apart({ command: ${JSON.stringify(path)} }).run(["up"], ".", {}, (text) => process.stdout.write(text), undefined, aborting.signal)
  .catch((error) => console.log(error.message.split("\\n")[0]));
stop();
`;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  for (const whom of ["the process alone", "its whole group"] as const)
    test(`${signal} to ${whom}: what is under way is brought to its end`, async () => {
      const child = execa(process.execPath, ["--input-type=module-typescript", "-e", program], {
        detached: true,
        reject: false,
        all: true,
      });
      child.stdout.once("data", () =>
        process.kill((whom === "the process alone" ? 1 : -1) * (child.pid ?? 0), signal),
      );
      const { all, exitCode } = await child;
      expect(all).toMatch(/! interrupted: .* again ends it|! interrupted: .*another SIG\w+ ends it/);
      expect(all.replace(/^ {2}! interrupted.*\n/m, "")).toBe(
        "began up --non-interactive\nsignal 1\nwhole\ncode: 3",
      );
      expect(exitCode).toBe(0);
    });

test("whoever read it may go: it goes on to its end all the same", async () => {
  const child = execa(process.execPath, ["--input-type=module-typescript", "-e", program], { reject: false });
  child.stdout.once("data", () => {
    child.stdout.destroy();
    child.kill("SIGINT");
  });
  const started = Date.now();
  const { exitCode, stderr } = await child;
  expect(exitCode).toBe(0);
  expect(stderr).toContain("interrupted");
  expect(Date.now() - started).toBeGreaterThan(500);
});
