import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { bundle } from "./bundle.ts";

test("a program that ends by an error nobody caught says which, not what it consists of", async () => {
  const folder = mkdtempSync(join(tmpdir(), "beat-bundle-"));
  try {
    const parts = Array.from({ length: 500 }, (_, index) => `const part${index} = (x) => x + ${index};`);
    const sum = `console.log(${parts.map((_, index) => `part${index}(1)`).join(" + ")});`;
    const source = [...parts, sum, 'throw new Error("the broker has gone");'].join("\n");
    writeFileSync(join(folder, "main.js"), source);
    writeFileSync(join(folder, "bundled.mjs"), await bundle("main.js", folder));
    const { stderr, exitCode } = await execa(process.execPath, [join(folder, "bundled.mjs")], {
      reject: false,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Error: the broker has gone");
    expect(stderr.length).toBeLessThan(2_000);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
