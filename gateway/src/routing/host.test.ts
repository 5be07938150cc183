import { describe, expect, test } from "vitest";
import { host } from "./host.ts";

const at = (value: unknown) => host(value, "services[0].host", "services[0].port");
const problem = (value: unknown): string => {
  try {
    return `accepted: ${at(value)}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe("the host of a route", () => {
  test.each([
    "core",
    "core-service",
    "core_service",
    "CORE.Example.org",
    "core.default.svc.cluster.local",
    // Absolute: no search list.
    "core.default.svc.cluster.local.",
    "1core",
    "1.2.3.core",
    "0xcafe.example",
    "a".repeat(63),
    `${"a.".repeat(126)}b`,
    "10.0.0.7",
    "::1",
    "2001:db8::7",
    "::ffff:10.0.0.7",
  ])("may be %s", (value) => expect(at(value)).toBe(value));

  test("an IPv6 address stands without its brackets from here on", () => expect(at("[::1]")).toBe("::1"));

  const named = (name: string) => `write ${JSON.stringify(name)}`;
  const port = ", and the port in services[0].port";
  const example = 'write a name such as "core", or an address such as "10.0.0.7"';
  test.each<[unknown, string]>([
    ["http://core", named("core")],
    ["http://core:3000/api", named("core") + port],
    ["core:3000", named("core") + port],
    ["core:", named("core") + port],
    ["core/", named("core")],
    ["core?x", named("core")],
    [" core", named("core")],
    ["core\n", named("core")],
    ["\tcore:80 ", named("core") + port],
    ["user@core", named("core")],
    ["http://user:secret@core:80", named("core") + port],
    ["core..svc", named("core.svc")],
    [".core", named("core")],
    ["core..", named("core")],
    ["[::1]:80", named("[::1]") + port],
    ["10.0.0.7:80", named("10.0.0.7") + port],
    ["core service", example],
    ["core:80:90", example],
    ["", example],
    [".", example],
    ["1.2.3", example],
    ["1", example],
    ["256.1.1.1", example],
    ["010.0.0.1", example],
    ["0x7f.1", example],
    ["1.2.3.4.5", example],
    ["::g", example],
    ["[10.0.0.7]", example],
    ["[::1", example],
    ["c\u00f6re", example],
    ["core%20", example],
    ["a".repeat(64), example],
    [`${"a.".repeat(127)}b`, example],
    [undefined, example],
    [7, example],
  ])("%j is refused, and the mend works when it is typed", (value, mend) => {
    const shown = value === undefined ? "is missing" : JSON.stringify(value);
    expect(problem(value)).toBe(
      `routes: services[0].host: ${shown}: must be a host name or an address: ${mend}`,
    );
    const [, typed = '""'] = /write (?:a name such as )?("(?:[^"\\]|\\.)*")/.exec(mend) ?? [];
    expect(problem(JSON.parse(typed))).toMatch(/^accepted/);
  });
});
