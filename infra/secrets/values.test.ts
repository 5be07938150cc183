import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { logWords } from "../../core/log-lines.ts";
import { makePassword, makePrivateKey, validatePrivateKey } from "./values.ts";

test("passwords are letters and digits, long enough for Phoenix, and differ", () => {
  const made = Array.from({ length: 50 }, makePassword);
  for (const password of made) expect(password).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(new Set(made).size).toBe(50);
});

test("a made key can sign; other texts, kinds and lengths are refused without being quoted", async () => {
  expect(validatePrivateKey(await makePrivateKey())).toBeUndefined();
  expect(validatePrivateKey("hunter2hunter2")).toMatch(/^is not a private key that can be read/);
  const pem = { type: "pkcs8", format: "pem" } as const;
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export(pem).toString();
  expect(validatePrivateKey(short)).toBe("has 1024 bits, 2048 are the least that is safe");
  const ed = generateKeyPairSync("ed25519").privateKey.export(pem).toString();
  expect(validatePrivateKey(ed)).toBe("is a key of type ed25519, not RSA");
});

test("one is told by its form in a log, whatever stands around it: a run that makes it does not know its value", () => {
  for (let time = 0; time < 200; time++) {
    const secret = makePassword();
    for (const line of [
      `made ${secret} now`,
      `a/${secret}/b is`,
      `got "${secret}"`,
      `x ${"abcdefgh".repeat(8)}`,
    ])
      expect(logWords(line)).not.toMatch(/[A-Za-z0-9]{20}/);
  }
});
