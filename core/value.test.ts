import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asValue, hostOf, memberOf, portOf, secretOf, text, type Value, value } from "./value.ts";

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const plain: fc.Arbitrary<Value> = fc.oneof(
  fc.string().map(asValue),
  fc.integer().map(asValue),
  name.map(hostOf),
  name.map(portOf),
  fc.constantFrom("zone", "address").map((fact) => memberOf(fact as "zone" | "address")),
);
const secret = name.map(secretOf);
/** What stands between references. */
const strings = (texts: readonly string[]): TemplateStringsArray => Object.assign([...texts], { raw: texts });
const join = (texts: readonly string[], holes: readonly Value[]): Value => value(strings(texts), ...holes);
/** Texts, and one reference fewer. */
const template = <T>(hole: fc.Arbitrary<T>) =>
  fc
    .array(hole, { minLength: 1, maxLength: 6 })
    .chain((holes) =>
      fc.tuple(
        fc.array(fc.string(), { minLength: holes.length + 1, maxLength: holes.length + 1 }),
        fc.constant(holes),
      ),
    );

describe("a value", () => {
  test("is secret exactly when something in it is, however deep it was joined (property)", () => {
    fc.assert(
      fc.property(template(fc.oneof(plain, secret)), template(plain), ([texts, holes], [more, others]) => {
        const inner = join(texts, holes);
        expect(inner.secret).toBe(holes.some((hole) => hole.secret));
        expect(join(more, [inner, ...others.slice(1)]).secret).toBe(inner.secret);
      }),
    );
  });

  test("keeps every text and reference in its order (property)", () => {
    fc.assert(
      fc.property(template(name), ([texts, names]) => {
        const joined = join(texts, names.map(hostOf));
        expect(joined.render((part) => ("of" in part ? `<${part.of}>` : ""))).toBe(
          texts
            .map((words, index) => `${words}${names[index] === undefined ? "" : `<${names[index]}>`}`)
            .join(""),
        );
      }),
    );
  });

  test("cannot be flattened by accident (property)", () => {
    fc.assert(
      fc.property(fc.oneof(plain, secret), (one) => {
        expect(() => `${one as unknown as string}`).toThrow(/cannot be turned into a string/);
        expect(() => JSON.stringify({ one })).toThrow(/cannot be turned into a string/);
        expect(() => (one as unknown as number) * 1).toThrow(/cannot be turned into a string/);
        expect(() => [one].join()).toThrow(/cannot be turned into a string/);
      }),
    );
  });

  test("that is an environment of plain text is what was written", () => {
    const made = text({ A: "1", B: "$x" });
    expect(Object.entries(made).map(([key, one]) => [key, one.render(() => "?")])).toEqual([
      ["A", "1"],
      ["B", "$x"],
    ]);
  });
});
