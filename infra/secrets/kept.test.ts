import { expect, test } from "vitest";
import { dockerSettings } from "../../test/settings.ts";
import { type KeptSecret, releasedMark, secretsInState, unusedSecrets } from "./kept.ts";

const required = ["postgres-admin", "postgres-notes-service", "notes-service-key"];
const made = (name: string, released = false): KeptSecret => ({ name, value: "Made1234567890", released });

/** What becomes of a secret that was made, while the configuration has these. */
const outcome = (secret: KeptSecret, given: Readonly<Record<string, string>>) => {
  const settings = dockerSettings({ "platform:secrets": JSON.stringify(given) });
  return unusedSecrets([secret], required, settings).map(({ outcome, why }) => `${outcome}: ${why}`);
};

test.each(["postgres-admin", "notes-service-key"])(
  "%s that was made is kept while the configuration has another value: it may be the only way to what is there",
  (name) => {
    expect(outcome(made(name), { [name]: "Other123456789" })).toEqual([
      expect.stringMatching(/^held: the configuration has another value; the one that was made is kept/),
    ]);
    // The same value is in the configuration now, and nothing is lost with this one.
    expect(outcome(made(name), { [name]: "Made1234567890" })).toEqual([
      "let go: the configuration has it now",
    ]);
    // Somebody forgot it.
    expect(outcome(made(name, true), { [name]: "Other123456789" })).toEqual([
      "dropped: the configuration has it now",
    ]);
    expect(outcome(made(name), {})).toEqual([]);
  },
);

test("a password that a store is told anew is let go of", () => {
  expect(outcome(made("postgres-notes-service"), { "postgres-notes-service": "Other123456789" })).toEqual([
    "let go: the configuration has it now",
  ]);
});

test("what no part needs any more is let go of, but what may be the only way to what is there", () => {
  expect(outcome(made("postgres-memos-service"), {})).toEqual([
    "let go: no part of the platform needs it any more",
  ]);
  expect(outcome(made("mongo-admin"), {})).toEqual([expect.stringMatching(/^held: /)]);
  expect(outcome(made("memos-service-key"), {})).toEqual([expect.stringMatching(/^held: /)]);
});

test("a secret of which the last run let go is known by its mark", () => {
  const state = [
    {
      type: "pulumi:index:Stash",
      urn: "urn:pulumi:dev::beat::beat:Secrets$pulumi:index:Stash::notes-service-key",
      outputs: { output: "Made1234567890", input: releasedMark },
    },
  ];
  expect(secretsInState(state)).toEqual([made("notes-service-key", true)]);
});
