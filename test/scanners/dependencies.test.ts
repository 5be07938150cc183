import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../stacks/program.ts";
import { audit, auditFindings, isAllowed, licenceFindings } from "./dependencies.ts";
import { exceptions } from "./exceptions.ts";
import { judged } from "./findings.ts";

const of = (finder: string) => exceptions.filter(({ scanner }) => scanner === finder);

test("every package has a licence that the platform can be run and handed on with", () => {
  expect(judged(licenceFindings(projectRoot), of("licences"))).toEqual([]);
});

test("a package under another licence, or none, is found, and what is not installed by what the lockfile says", () => {
  const root = mkdtempSync(join(tmpdir(), "beat-licences-"));
  try {
    const packages = {
      "": {},
      "node_modules/good": { license: "MIT" },
      "node_modules/good/node_modules/@a/bad": { license: "AGPL-3.0-only" },
      "node_modules/none": {},
    };
    writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages }));
    mkdirSync(join(root, "node_modules/none"), { recursive: true });
    writeFileSync(join(root, "node_modules/none/package.json"), "{}");
    expect(licenceFindings(root).map(({ rule, object }) => `${object} ${rule}`)).toEqual([
      "@a/bad AGPL-3.0-only",
      "none none",
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("of licences to choose from one must be allowed, of those that hold together every one", () => {
  expect(["MIT OR GPL-3.0-only", "(MIT AND Apache-2.0)"].filter(isAllowed)).toHaveLength(2);
  expect(["GPL-3.0-only", "(MIT AND GPL-3.0-only)", "UNLICENSED", ""].filter(isAllowed)).toEqual([]);
});

const report = await audit(projectRoot);
test.skipIf(report === undefined)(
  `no advisory is open against what production runs${report ? "" : " (the registry's audit does not answer)"}`,
  () => {
    expect(judged(auditFindings(report ?? {}), of("npm-audit"))).toEqual([]);
  },
);

test("an advisory is found under its own name, at the package that it is about", () => {
  const url = "https://github.com/advisories/GHSA-aaaa-bbbb-cccc";
  const vulnerabilities = {
    inner: { via: [{ url, title: "Prototype pollution" }] },
    outer: { via: ["inner"] },
  };
  expect(auditFindings({ vulnerabilities })).toEqual([
    { scanner: "npm-audit", rule: "GHSA-aaaa-bbbb-cccc", object: "inner", text: "Prototype pollution" },
  ]);
});
