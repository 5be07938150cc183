import { expect, test } from "vitest";
import { externalEndpoint } from "./connections.ts";
import { backupOf, bounded } from "./names.ts";

test("a name that is made of others is never longer than a label, and two stay two", () => {
  // The longest service that may have volumes: its CronJob has 52 characters.
  const cron = backupOf("a".repeat(45));
  const jobs = ["restore", "verify", "list"].flatMap((purpose) =>
    ["abcdef", "abcdeg"].map((time) => bounded(`${cron}-${purpose}-${time}`)),
  );
  const seeds = [bounded(`seed-${"v".repeat(63)}`), bounded(`seed-${"v".repeat(62)}`)];
  for (const name of [...jobs, ...seeds]) expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/);
  expect(new Set([...jobs, ...seeds]).size).toBe(8);
  expect(bounded("backup-core-restore-abcdef")).toBe("backup-core-restore-abcdef");
});

test.each([
  ["192.0.2.7", "192.0.2.7/32"],
  ["2001:db8::7", "2001:db8::7/128"],
  ["[2001:db8::7]", "2001:db8::7/128"],
  ["bucket.example", undefined],
])("at %s a policy opens %s", (host, cidr) => expect(externalEndpoint({ host }).cidr).toBe(cidr));
