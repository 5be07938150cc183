import { expect, test } from "vitest";
import { planSchema } from "./plan.ts";
import { untilAnswered } from "./retry.ts";
import { scramVerifier } from "./scram.ts";

test("a verifier is the one PostgreSQL computes", () => {
  // From RFC 7677 section 3: user "user", password "pencil", this salt, 4096 rounds; the server key follows from them.
  const verifier = scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"));
  expect(verifier).toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
  expect(verifier).not.toContain("pencil");
});

test("a plan with an unknown field or an unsafe name is refused", () => {
  const kafka = { kind: "kafka", bootstrap: ["k:9092"], topics: [] };
  expect(planSchema.safeParse(kafka).success).toBe(true);
  expect(planSchema.safeParse({ ...kafka, extra: 1 }).success).toBe(false);
  const role = { name: 'a"; DROP', passwordFile: "/p" };
  const postgres = {
    kind: "postgres",
    host: "h",
    port: 1,
    admin: { user: "a", passwordFile: "/p", database: "d" },
    roles: [role],
    databases: [],
  };
  expect(planSchema.safeParse(postgres).success).toBe(false);
});

test("an attempt is repeated until it succeeds, and its last error is thrown when time is up", async () => {
  let calls = 0;
  const third = async () => {
    calls += 1;
    if (calls < 3) throw new Error("not yet");
    return calls;
  };
  expect(await untilAnswered(5, third)).toBe(3);
  await expect(untilAnswered(0.2, () => Promise.reject(new Error("down")))).rejects.toThrow("down");
});
