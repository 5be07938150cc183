import { expect, test } from "vitest";
import { type Choice, chooser } from "./choose.ts";

const planned: Choice["planned"] = [
  { name: "kafka", host: "kafka-b", role: "store" },
  { name: "auth-service", host: "auth-service", role: "service" },
  { name: "core-service", host: "core-service", role: "service" },
  { name: "gateway", host: "gateway", role: "gateway" },
  { name: "provision-kafka", host: "provision-kafka", role: "provisioner" },
];
const source = (part: string, ...aliases: string[]) => ({ part, aliases });
const there = [
  source("auth-service", "auth-service-7f-x"),
  { ...source("consumer-watch-auth-service", "auth-service-7f-x"), beside: true },
  source("gateway", "gateway-1"),
  source("kafka-b", "kafka-b-0"),
  source("former-service"),
];
const chosen = (choice: Partial<Choice>) =>
  there
    .filter(chooser({ names: [], planned, follow: false, request: false, ...choice }, there))
    .map(({ part }) => part);
const fault = (...names: string[]) => {
  try {
    chosen({ names });
  } catch (error) {
    return (error as Error).message.split("\n").slice(1);
  }
  return [];
};

test("a part is found by its name, its host, its container or its pod, with what goes with the pod", () => {
  expect(chosen({}).length).toBe(5);
  expect(chosen({ names: ["auth-service", "gateway-1"] })).toEqual(["auth-service", "gateway"]);
  expect(chosen({ names: ["kafka"] })).toEqual(["kafka-b"]);
  expect(chosen({ names: ["kafka-b"] })).toEqual(["kafka-b"]);
  expect(chosen({ names: ["auth-service-7f-x"] })).toEqual(["auth-service", "consumer-watch-auth-service"]);
  expect(chosen({ names: ["consumer-watch-auth-service"] })).toEqual(["consumer-watch-auth-service"]);
});

test("a request is looked for where requests go, unless something is named", () => {
  expect(chosen({ request: true })).toEqual(["auth-service", "gateway", "former-service"]);
  expect(chosen({ request: true, names: ["kafka"] })).toEqual(["kafka-b"]);
});

test("every name that nothing has is told, with what was meant", () => {
  expect(fault("auth", "gatway", "gateway", "x", "kafka-7", "core-service")).toEqual([
    '  - logs: no part of the stack is called "auth"',
    "    fix: ./beat logs auth-service   (or consumer-watch-auth-service)",
    '  - logs: no part of the stack is called "gatway"',
    "    fix: ./beat logs gateway",
    '  - logs: no part of the stack is called "x"',
    expect.stringMatching(/^ {4}fix: use one of auth-service, .*provision-kafka$/),
    '  - logs: no part of the stack is called "kafka-7"',
    "    fix: ./beat logs kafka",
    "  - core-service: is not there now, and so has no log",
    "    fix: ./beat up",
  ]);
});

test("what is not there may come where logs are followed; of nothing no log is shown", () => {
  expect(chosen({ names: ["core-service"], follow: true })).toEqual([]);
  expect(() => chosen({ names: ["cor-service"], follow: true })).toThrow("./beat logs core-service");
  expect(() => chooser({ names: [], planned, follow: false, request: false }, [])).toThrow("./beat up");
  expect(chooser({ names: [], planned, follow: true, request: false }, [])(source("gateway"))).toBe(true);
});
