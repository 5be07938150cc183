import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import type { InputError } from "../../core/problems.ts";
import type { PlatformModel } from "../define/model.ts";
import { requiredSecrets, suppliedSecrets } from "../environment.ts";
import { platform as real } from "../platform.ts";
import { backupsOf, bucketOf } from "./backups.ts";
import { bucketSecrets } from "./bucket.ts";
import { floatingTags } from "./floating-tags.ts";
import { parseSettings } from "./parse.ts";

const platform: PlatformModel = real;
const good = { endpoint: "https://s3.example.org", name: "beat-backups" };
const keys = Object.values(bucketSecrets);
const [certificate = ""] = rootCertificates;

const settingsWith = (bucket: object, more: Readonly<Record<string, unknown>> = {}) =>
  parseSettings(
    Object.fromEntries(
      Object.entries({ target: "kubernetes", backups: { to: { bucket } }, ...more }).map(([key, value]) => [
        `platform:${key}`,
        JSON.stringify(value),
      ]),
    ),
  );
/** The settings that are refused, with the message of each. */
const refused = (bucket: object): string[] => {
  try {
    settingsWith(bucket);
  } catch (error) {
    return (error as InputError).problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
};
const at = "platform:backups.to.bucket";

test("an endpoint and a bucket are enough, and schedule and retention stay as they are", () => {
  expect(backupsOf(settingsWith(good))).toMatchObject({ schedule: "17 2 * * *", keepDays: 14, bucket: good });
  expect(bucketOf(settingsWith(good))).toEqual({
    ...good,
    region: "us-east-1",
    provider: "Other",
    spool: "10Gi",
  });
  expect(bucketOf(parseSettings({ "platform:target": '"kubernetes"' }))).toBeUndefined();
  expect(bucketOf({ target: "kubernetes", kubernetes: { backups: false } })).toBeUndefined();
});

test.each([
  [{ endpoint: "s3.example.org" }, "endpoint: must be https:// or http:// and a host"],
  [{ endpoint: "ftp://s3.example.org" }, "endpoint: must be https:// or http:// and a host"],
  [{ endpoint: "https://s3.example.org/beat" }, "endpoint: must be https:// or http:// and a host"],
  [{ endpoint: "https://id:key@s3.example.org" }, "endpoint: must be https:// or http:// and a host"],
  [{ endpoint: "https://s3.example.org:99999" }, "endpoint: must be https:// or http:// and a host"],
  [{ endpoint: undefined }, "endpoint: Invalid input: expected string"],
  [{ name: "Beat" }, "name: must be the name of a bucket"],
  [{ name: "be" }, "name: must be the name of a bucket"],
  [{ name: "a..b" }, "name: must be the name of a bucket"],
  [{ name: "10.0.0.1" }, "name: must be the name of a bucket"],
  [{ region: "eu central" }, "region: must be the name of a region"],
  [{ prefix: "/beat" }, "prefix: must be letters, digits"],
  [{ prefix: "beat/" }, "prefix: must be letters, digits"],
  [{ prefix: "beat/../other" }, "prefix: must be letters, digits"],
  [{ prefix: "be at" }, "prefix: must be letters, digits"],
  [{ provider: "my store" }, "provider: must be a provider that rclone knows"],
  [{ spool: "10GB" }, "spool: must be a size such as 10Gi"],
  [{ ca: "MIIB" }, "ca: must be a PEM certificate"],
  [{ cidr: "10.0.0.0" }, "cidr: must be an address range"],
  [{ endpoint: "http://s3.example.org", ca: certificate }, "ca: is of no use: the endpoint is http://"],
  [{ key: "x" }, "key: is not a setting"],
])("refuses %j with one problem that names it", (bad, message) => {
  const problems = refused({ ...good, ...bad });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`${at}.${message}`);
});

test("a login in the endpoint is refused and not shown", () => {
  const endpoint = "https://id:hunter2hunter2@s3.example.org";
  expect(() => settingsWith({ ...good, endpoint })).toThrow(/^(?![\s\S]*hunter2)/);
});

test("an unknown key is told the known ones, also inside a choice", () => {
  expect(() => settingsWith({ ...good, bucket: "x" })).toThrow(/use one of endpoint, name, region, prefix/);
});

test("the bucket's keys are asked for, and may have what an object store puts into them", () => {
  const settings = settingsWith(good);
  expect(requiredSecrets(platform, settings)).toEqual(expect.arrayContaining(keys));
  expect(suppliedSecrets(settings)).toEqual(keys);
  expect(requiredSecrets(platform, parseSettings({}))).not.toContain(keys[0]);
  const secrets = (id: string, secret: string) => ({
    secrets: { [bucketSecrets.accessKeyId]: id, [bucketSecrets.secretAccessKey]: secret },
  });
  settingsWith(good, secrets("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCY+EXAMPLEKEY="));
  expect(() => settingsWith(good, secrets("AKIA/x,y", "has a space"))).toThrow(
    /access-key-id: must be 3 to 128[\s\S]*secret-access-key: must be 8 to 256 printable/,
  );
  expect(() => settingsWith(good, secrets("AKIA", "has a space"))).not.toThrow(/has a space/);
});

test("the image that carries the backups is one of the stack's, and must not float", () => {
  const images = { overrides: { rclone: { tag: "latest" } } };
  const paths = (more: object) => floatingTags(platform, settingsWith(good, { source: "sample", ...more }));
  expect(paths({ images }).map(({ path }) => path)).toEqual(["platform:images.overrides.rclone"]);
  expect(paths({})).toEqual([]);
});
