import { afterEach, expect, test, vi } from "vitest";
import { address, listenPort, required } from "./env.ts";

afterEach(() => vi.unstubAllEnvs());

test("an empty value is as bad as a missing one, and the variable is named", () => {
  vi.stubEnv("REDIS_DATABASE", "");
  expect(() => required("REDIS_DATABASE")).toThrow("REDIS_DATABASE is empty");
  expect(() => required("NEVER_SET")).toThrow("NEVER_SET is not set");
});

test("each role takes its port from the variable that the real service reads", () => {
  vi.stubEnv("ASPNETCORE_URLS", "http://+:3000");
  vi.stubEnv("BEAT_MESSASSING_SERVER", "http://localhost:4000");
  vi.stubEnv("KAFKA_HOST", "kafka-b");
  vi.stubEnv("KAFKA_PORT", "9092");
  expect(listenPort.core()).toBe(3000);
  expect(() => listenPort.messaging()).toThrow("BEAT_MESSASSING_SERVER is not a number");
  expect(address("KAFKA")).toBe("kafka-b:9092");
});
