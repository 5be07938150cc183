import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
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
