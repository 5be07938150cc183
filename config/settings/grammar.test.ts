import { expect, test } from "vitest";
import { schedule } from "../../core/cron.ts";
import { validateHost } from "../../core/host-names.ts";
import { validateReference } from "../../core/image-names.ts";
import { kubernetesSettings } from "../../test/settings.ts";
import { parseSettings } from "./parse.ts";

test.each(["17 2 * * *", "*/15 0-6/2 1,15 JAN-mar MON-FRI"])("%s is a schedule", (text) =>
  expect(schedule.safeParse(text).success).toBe(true),
);
test.each(["61 25 * * *", "* * * *", "*/0 * * * *", "5-1 * * * *", "TZ=UTC 0 0 * * *", ""])(
  "%j is no schedule",
  (text) => expect(schedule.safeParse(text).success).toBe(false),
);

const digest = `sha256:${"0".repeat(64)}`;
test.each([
  "postgres",
  "reg.example.org:5000/a/b:1.0",
  `localhost/x@${digest}`,
  `[::1]:5000/x:1@${digest}`,
  "a__b/c-d",
])("%s is a reference to an image", (text) => expect(validateReference(text)).toBeUndefined());
test.each([
  "",
  "a/B:1",
  "https://reg.example.org/x",
  "a:b c",
  "x:",
  "r.io:99999/x",
  "x@sha256:12",
  "a//b",
  "x:.1",
])("%j is no reference to an image", (text) => expect(validateReference(text)).toBeDefined());

test.each(["a:1", "https://a", "a/b", "300.1.1.1", "1.2.3", "a..b", "a_b", "", "x.", "-a"])(
  "%j is no host",
  (text) => expect(validateHost(text)).toBeDefined(),
);

const cluster = (kubernetes: object) =>
  kubernetesSettings({ "platform:kubernetes": JSON.stringify(kubernetes) }).kubernetes;

test("a number that has one spelling as text is that text; another must be quoted, and the command says how", () => {
  expect([2, 0.5, "0.5", "250m"].map((cpu) => cluster({ serviceCpu: cpu }).serviceCpu)).toEqual([
    "2",
    "0.5",
    "0.5",
    "250m",
  ]);
  const images = (tag: unknown) =>
    parseSettings({ "platform:images": JSON.stringify({ overrides: { kafka: { tag } } }) });
  expect(images(17).images.overrides.kafka?.tag).toBe("17");
  expect(() => images(3.1)).toThrow(/expected string or int(.|\s)*--type string/);
  expect(() => images(true)).toThrow(
    "pulumi config set --path 'platform:images.overrides.kafka.tag' --type string",
  );
  for (const serviceCpu of [0, -1, "0m", "1.2345"])
    expect(() => cluster({ serviceCpu })).toThrow(/a CPU amount/);
});

test("an autoscaler's least is at most its most", () => {
  expect(() => cluster({ gateway: { autoscale: { min: 3, max: 2 } } })).toThrow(
    /autoscale\.max: must not be less/,
  );
});
