import { afterEach, expect, test, vi } from "vitest";
import { type provisionedKinds, storeOf } from "./index.ts";
import { scramVerifier } from "./postgres/scram.ts";
import { CredentialsError, retryUntilAnswered } from "./retry-until-answered.ts";

afterEach(() => vi.useRealTimers());

test("a verifier is the one PostgreSQL computes", () => {
  // From RFC 7677 section 3: user "user", password "pencil", this salt, 4096 rounds; the server key follows from them.
  const verifier = scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"));
  expect(verifier).toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
  expect(verifier).not.toContain("pencil");
});

test("a plan with an unknown field or an unsafe name is refused", () => {
  const parse = (
    plan: Readonly<Record<string, unknown>> & { readonly kind: (typeof provisionedKinds)[number] },
  ) => storeOf(plan.kind).provision?.schema.safeParse(plan).success;
  const kafka = { kind: "kafka", bootstrap: ["k:9092"], topics: [] } as const;
  expect(parse(kafka)).toBe(true);
  expect(parse({ ...kafka, extra: 1 })).toBe(false);
  const role = { name: 'a"; DROP', passwordFile: "/p" };
  const postgres = {
    kind: "postgres",
    host: "h",
    port: 1,
    admin: { user: "a", passwordFile: "/p", database: "d" },
    roles: [role],
    databases: [],
  } as const;
  expect(parse({ ...postgres, roles: [] })).toBe(true);
  expect(parse(postgres)).toBe(false);
});

test("an attempt is repeated until it succeeds, and its last error is thrown when time is up", async () => {
  let calls = 0;
  const third = async () => {
    calls += 1;
    if (calls < 3) throw new Error("not yet");
    return calls;
  };
  expect(await retryUntilAnswered(5, third)).toBe(3);
  await expect(retryUntilAnswered(0.2, () => Promise.reject(new Error("down")))).rejects.toThrow("down");
});

test("a password that the store refuses for ten seconds on end is given up, with the secret's name", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout"] });
  const refused = Object.assign(new Error("password authentication failed"), { code: "28P01" });
  const credentials = {
    refused: (error: unknown) => error === refused,
    passwordFile: "/run/secrets/postgres-admin",
  };
  let calls = 0;
  const passing = async (attempt: () => Promise<unknown>, seconds: number) => {
    const outcome = retryUntilAnswered(120, attempt, credentials).then(
      (value) => value,
      (error: unknown) => error,
    );
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    return outcome;
  };
  const given = await passing(() => {
    calls += 1;
    return Promise.reject(refused);
  }, 15);
  expect(given).toBeInstanceOf(CredentialsError);
  expect((given as Error).message).toBe(
    "password authentication failed; fix: make the secret postgres-admin what the store has",
  );
  expect(calls).toBeGreaterThan(10);
  expect(calls).toBeLessThan(30);
  // While it boots it knows no users, is away, knows none again, and then does.
  const answers = [...Array(15).fill(refused), new Error("starting"), ...Array(15).fill(refused)];
  calls = 0;
  const booted = await passing(async () => {
    const next = answers[calls++];
    if (next !== undefined) throw next;
    return "in";
  }, 60);
  expect(booted).toBe("in");
});
