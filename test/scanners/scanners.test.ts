import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rendered } from "../../cli/render/objects.ts";
import { configInFile } from "../../cli/render/sources.ts";
import { writeObjects } from "../../cli/render/yaml.ts";
import { bucketSecrets } from "../../config/settings/bucket.ts";
import { makePrivateKey } from "../../infra/secrets/values.ts";
import { projectRoot } from "../../stacks/program.ts";
import { exceptions } from "./exceptions.ts";
import { judged } from "./findings.ts";
import { type Subject, scans, workflow } from "./scan.ts";
import { missing, scannerNames } from "./tools.ts";

const files = [workflow, ...["gateway", "provision", "samples"].map((name) => `${name}/image/Dockerfile`)];

/** The stack as it is, and one that has everything turned on that a stack can have. */
const stacks: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  prod: {},
  all: {
    "platform:kubernetes": JSON.stringify({
      exposure: { type: "ingress", tlsSecret: "gateway-tls", className: "nginx" },
      gateway: { autoscale: { min: 2, max: 4, cpuPercent: 70 } },
    }),
    "platform:observability": JSON.stringify({ monitors: "annotations", scraperNamespace: "monitoring" }),
    "platform:backups": JSON.stringify({
      to: { bucket: { endpoint: "https://s3.example.org", name: "beat-backups" } },
    }),
    "platform:secrets": JSON.stringify(
      Object.fromEntries(Object.values(bucketSecrets).map((name) => [name, "chosen-outside-0123456789"])),
    ),
  },
};

describe("the field's own scanners", () => {
  const folder = mkdtempSync(join(tmpdir(), "beat-scan-"));
  const subject: Subject = { objects: join(folder, "objects"), files: join(folder, "files") };

  beforeAll(async () => {
    for (const file of files) cpSync(join(projectRoot, file), join(subject.files, file));
    const base = {
      ...configInFile("prod"),
      "platform:generateSecrets": "true",
      "platform:signingKey": await makePrivateKey(),
    };
    for (const [name, own] of Object.entries(stacks)) {
      const config = { ...base, ...own };
      writeObjects(
        join(subject.objects, name),
        await rendered({ stack: "prod", config, showSecrets: false }),
      );
    }
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  for (const name of scannerNames) {
    const reason = missing(name);
    test.skipIf(reason !== undefined)(
      `${name} finds nothing but what test/scanners/exceptions.ts names${reason === undefined ? "" : ` (${reason})`}`,
      async () => {
        const own = exceptions.filter(({ scanner }) => scanner === name);
        expect(judged(await scans[name](subject), own)).toEqual([]);
      },
      400_000,
    );

    test.skipIf(reason !== undefined)(
      `${name} would find something${reason === undefined ? "" : ` (${reason})`}`,
      async () => {
        const bad: Subject = {
          objects: join(folder, "bad", name, "objects"),
          files: join(folder, "bad", name, "files"),
        };
        const set = {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "bad" },
          spec: { replicass: 3 },
        };
        writeObjects(join(bad.objects, "bad"), [set]);
        cpSync(subject.files, bad.files, { recursive: true });
        const text = readFileSync(join(bad.files, workflow), "utf8");
        writeFileSync(
          join(bad.files, workflow),
          text.replaceAll(/@[0-9a-f]{40}.*/g, "@main").replaceAll("github.ref ", "github.reff "),
        );
        writeFileSync(join(bad.files, "gateway/image/Dockerfile"), "FROM node:latest\nUSER root\n");
        expect(await scans[name](bad)).not.toEqual([]);
      },
      400_000,
    );
  }
});
