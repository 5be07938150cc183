import { generateKeyPairSync } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Door } from "../../infra/verify/door.ts";
import { healthy, SmallPlatform } from "./small-platform.ts";

const origin = "https://app.example.org";
const stack = new SmallPlatform({ "platform:cors": JSON.stringify([origin]) });
const whole = { ...stack.faults };

beforeAll(() => stack.start());
afterAll(() => stack.stop());
afterEach(() => {
  Object.assign(stack.faults, whole);
  stack.faults.away.clear();
  stack.writes.length = 0;
  stack.announced.length = 0;
});

/** The lines that are not well, as `what name: detail`. */
const wrong = async (journey = false, subject = stack.subject): Promise<string[]> =>
  (await stack.verify(journey, subject))
    .filter(({ result }) => result === "failed")
    .map(({ what, name, detail }) => `${what} ${name}: ${detail}`);

describe("a stack that works", () => {
  test("passes in everything, and nothing is written without a journey", async () => {
    const lines = await stack.verify();
    expect(lines.filter(({ result }) => result === "failed")).toEqual([]);
    expect(new Set(lines.map(({ what }) => what))).toEqual(
      new Set(["gateway", "route", "health", "jwks", "headers", "websocket", "store", "consumer"]),
    );
    expect(stack.writes).toEqual([]);
    // Without samples nobody tells what he was sent.
    expect(lines.find(({ name }) => name === "X-Forwarded-*")?.result).toBe("skipped");
  });

  test("a journey says what it makes before it writes, and opens a WebSocket with its token", async () => {
    const lines = await stack.verify(true);
    expect(lines.filter(({ result }) => result !== "passed").map(({ name }) => name)).toEqual([
      "X-Forwarded-*",
    ]);
    expect(stack.announced[0]).toMatch(
      /^an account at auth-service with the address beat-verify-\S+@example.org/,
    );
    expect(stack.announced.at(-1)).toMatch(/they stay/);
    expect(stack.writes).toEqual([
      "POST auth-service/api/v1/account/sign-up",
      "POST core-service/api/v1/profiles/client",
      "POST auth-service/api/v1/account/token",
    ]);
    expect(lines.find(({ name }) => name === "/socket/websocket, with a token")?.detail).toBe(
      "open, and a message is answered",
    );
  });
});

describe("what is broken is named", () => {
  test("a service that is away: its routes, its health, the gateway's own report, and nothing else", async () => {
    await stack.away("messaging-service");
    // The gateway keeps what it knows of its upstreams for a second.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const found = await wrong();
    await stack.serve("messaging-service");
    expect(found.map((line) => line.split(":")[0])).toEqual([
      "gateway http",
      "route /messaging → messaging-service",
      "route /socket → messaging-service",
      "health messaging-service",
      "websocket /socket, no token",
    ]);
    expect(found[1]).toMatch(/the gateway answers 503 itself: the service does not accept connections/);
    await new Promise((resolve) => setTimeout(resolve, 1100));
  });

  test("a gateway that does not exist: it is not asked for, its routes neither", async () => {
    const gone = "gateway is not there; fix: ./beat up";
    const lines = await stack.verify(false, { ...stack.subject, gone });
    expect(lines.filter(({ result }) => result === "failed").map(({ detail }) => detail)).toEqual([gone]);
    expect(lines.slice(0, 2).map(({ what, result }) => `${what} ${result}`)).toEqual([
      "gateway failed",
      "routes skipped",
    ]);
  });

  test("keys that are not the stack's", async () => {
    stack.faults.key = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    expect(await wrong()).toEqual([
      expect.stringMatching(
        /^jwks \/auth\/\.well-known\/jwks\.json: the stack's signing key is not among them/,
      ),
    ]);
  });

  test("a private key that is published", async () => {
    stack.faults.key = stack.keys.privateKey;
    expect(await wrong()).toEqual([expect.stringMatching(/^jwks .*: a private key is published/)]);
  });

  test("a WebSocket that does not open for somebody who is logged in, or is not answered", async () => {
    stack.faults.opens = false;
    expect(await wrong(true)).toEqual([
      "websocket /socket/websocket, with a token: messaging-service refuses (403)",
    ]);
  });

  test("an account that never becomes active: what follows is not tried", async () => {
    stack.faults.activates = false;
    const lines = await stack.verify(true);
    const failed = lines.filter(({ result }) => result === "failed");
    expect(failed.map(({ name }) => name)).toEqual(["log in, active (postgres, redis, kafka)"]);
    expect(failed[0]?.detail).toBe(
      "the scope of access_token is profile:create, and nothing beyond that, for 2 s",
    );
    expect(lines.filter(({ detail }) => detail === '"log in, active" failed')).toHaveLength(2);
  });

  test.each([
    [["client"], []],
    ["profile:create group:create", []],
    ["profile:create", ["is profile:create"]],
    [undefined, ["is empty"]],
    [[], ["is empty"]],
  ])("a token whose scope is %j", async (scope, faults) => {
    stack.faults.scope = scope;
    expect(await wrong(true)).toEqual(faults.map((fault) => expect.stringContaining(fault)));
  });

  test("a store that does not run", async () => {
    stack.faults.away.add("kafka-b");
    expect(await wrong()).toEqual(["store Kafka: small-kafka-b does not run: Exited (137)"]);
  });

  test("a consumer that has left its group, is given nothing, or reads no further; one that is busy is well", async () => {
    stack.faults.report = (group) => ({
      ...healthy(group),
      ...(group === "auth_consumer" && { members: 0, given: [] }),
      ...(group === "core_auth_consumers" && { given: [] }),
    });
    const stuck = stack.faults.report;
    let read = 0;
    stack.faults.report = (group) => {
      if (group !== "message_consumer") return stuck(group);
      const { partitions, ...rest } = healthy(group);
      return {
        ...rest,
        partitions: partitions.map((each) => ({ ...each, committed: String(read++), end: "999" })),
      };
    };
    expect(await wrong()).toEqual([
      "consumer auth-service, auth_consumer: the group has no member, for 2 s",
      "consumer core-service, core_auth_consumers: no member is given auth_events, for 2 s",
    ]);
  });

  test("a consumer that is deaf: it stays in its group, and what waits waits", async () => {
    stack.faults.report = (group) => {
      const { partitions, ...rest } = healthy(group);
      const deaf = group === "auth_consumer";
      return { ...rest, partitions: partitions.map((each) => (deaf ? { ...each, end: "9" } : each)) };
    };
    expect(await wrong()).toEqual([
      "consumer auth-service, auth_consumer: 4 wait, and it reads no further, for 2 s",
    ]);
  });

  test("watches that do not run cannot be asked", async () => {
    stack.faults.report = undefined;
    const found = await wrong();
    expect(found).toHaveLength(3);
    expect(found[0]).toMatch(/no watch can be asked: small-consumer-watch-auth-service does not run: Exited/);
  });

  test("a gateway that is away: one line, and the stores are asked all the same", async () => {
    const subject = { ...stack.subject, door: new Door("http://127.0.0.1:9") };
    const lines = await stack.verify(true, subject);
    expect(lines.filter(({ result }) => result === "failed").map(({ what }) => what)).toEqual(["gateway"]);
    expect(lines.filter(({ what }) => what === "store").map(({ result }) => result)).toEqual(
      Array(4).fill("passed"),
    );
    expect(stack.writes).toEqual([]);
  });
});

describe("a gateway that is not the definition's", () => {
  const other = new SmallPlatform({ "platform:cors": JSON.stringify([origin]), "platform:source": "sample" });
  afterAll(() => other.stop());

  test("lets a denied path through, swaps services, takes no upgrade, allows no origin: each is named", async () => {
    await other.start();
    const lines = await other.verify();
    expect(lines.filter(({ result }) => result !== "passed")).toEqual([]);
    expect(lines.find(({ name }) => name === "X-Forwarded-*")?.detail).toMatch(
      /^for 127\.0\.0\.1, http, host/,
    );
    await other.gateway.stop();
    await other.startGateway((route) => {
      const { deny: _, cors: __, ...rest } = route as { deny?: unknown; cors?: unknown; prefix?: string };
      const prefix = { "/core": "/messaging", "/messaging": "/core" }[rest.prefix ?? ""] ?? rest.prefix;
      return { ...rest, prefix, websocket: false };
    });
    const found = (await other.verify())
      .filter(({ result }) => result === "failed")
      .map(({ what, name, detail }) => `${what} ${name}: ${detail}`);
    expect(found).toEqual([
      "route /auth/api/v1/account/groups/permissions is denied: it is not: 200 comes from the service",
      "route /core → core-service: /core/api/v1/echo: answered 200 as messaging",
      "route /messaging → messaging-service: /messaging/api/v1/echo: answered 200 as core",
      expect.stringMatching(
        /^headers CORS \/auth: a preflight from https:\/\/app.example.org gets 500, for no origin/,
      ),
      expect.stringMatching(/^headers CORS \/core: .* gets 404/),
      expect.stringMatching(/^headers CORS \/public: .* gets 404/),
      expect.stringMatching(/^headers CORS \/messaging: .* gets 404/),
      expect.stringMatching(/^headers CORS \/socket: .* gets 404/),
      expect.stringMatching(/^websocket \/socket, no token: 404, and the service refuses with 403/),
    ]);
  });
});
