import { describe, expect, test } from "vitest";
import { accepted, handshake } from "../support/frames.ts";
import { Gateway, type TestRoute } from "../support/gateway.ts";
import { refusedStart } from "../support/refused-start.ts";
import { statusOf } from "../support/strict.ts";
import { always, Upstream } from "../support/upstream.ts";
import { expectServed, get } from "../support/verdict.ts";

const core = (more: TestRoute): TestRoute => ({
  name: "core",
  host: "core",
  port: 3000,
  prefix: "/core",
  strip_prefix: true,
  skip_prefix: [],
  ...more,
});

describe.concurrent("a table that can never work is refused at the start, by its field", () => {
  test.each([
    "http://core",
    "http://core:3000/api",
    "core:3000",
    "core/",
    "/core",
    " core",
    "core ",
    "core\n",
    "core service",
    "user@core",
    "core?x",
    "core#x",
    "core,other",
    "[::1",
    "::g",
    "",
  ])("must: host %j (RFC 952, RFC 1123 2.1)", async (host) => {
    const { code, stderr } = await refusedStart({ routes: [core({ host })] });
    expect(code).toBe(2);
    expect(stderr).toMatch(/services\[0\]\.host/);
  });

  test.each(["//core", "//", "/_gateway", "/_gateway/health", "/_gateway/x"])(
    "must: prefix %j",
    async (prefix) => {
      const { code, stderr } = await refusedStart({ routes: [core({ prefix })] });
      expect(code).toBe(2);
      expect(stderr).toMatch(/services\[0\]\.prefix/);
    },
  );

  test.each([
    ["tunnels.max", { tunnels: { max: -1 } }],
    ["tunnels.per_client", { tunnels: { per_client: -1 } }],
    ["tunnels", { tunnels: { most: 1 } as never }],
  ])("must: %s that is none", async (field, more) => {
    const { code, stderr } = await refusedStart({ routes: [core(more)] });
    expect(code).toBe(2);
    expect(stderr).toContain(`services[0].${field}`);
  });

  test.each([
    "core",
    "core-service.backend.svc.cluster.local",
    "my_service",
    "10.0.0.1",
    "::1",
    "2001:db8::9",
    "core.",
    "CORE",
  ])("must: a control: host %j is one", async (host) => {
    const gateway = await Gateway.start({ slots: 0, routes: [core({ host })] });
    await gateway.stop();
  });
});

describe("a list that uses only words of the original's services.json", () => {
  const original = (port: number, more: object = {}) => [
    { name: "auth", host: "127.0.0.1", port, prefix: "/auth", strip_prefix: true, skip_prefix: ["/health"] },
    {
      name: "messages",
      host: "127.0.0.1",
      port,
      prefix: "/messages",
      strip_prefix: true,
      skip_prefix_for: ["/x"],
      api_version: 1,
    },
    { name: "socket", host: "127.0.0.1", port, prefix: "/socket", strip_prefix: false, ...more },
  ];
  const run = async (more: object, check: (gateway: Gateway, upstream: Upstream) => Promise<void>) => {
    const upstream = await new Upstream().listen();
    const gateway = await Gateway.start({ slots: 0, routes: original(upstream.port, more) as TestRoute[] });
    try {
      await check(gateway, upstream);
    } finally {
      await gateway.stop();
      await upstream.close();
    }
  };

  test.each(["/socket/websocket?token=t&vsn=2.0.0", "/auth/x", "/messages/socket"])(
    "must: passes a WebSocket on any route, as the original did: %s",
    async (target) => {
      await run({}, async (gateway, upstream) => {
        upstream.answer = always(accepted());
        const client = gateway.open().send(handshake(target));
        await client.until(() => client.answers.length > 0);
        expect(statusOf(client.answers[0] as never)).toBe(101);
        client.send("to the service");
        await client.until(() => upstream.bytes.includes("to the service"));
        expect(upstream.bytes.includes("to the service")).toBe(true);
        client.destroy();
      });
    },
  );

  test("must: serves plain requests as before", async () => {
    await run({}, async (gateway) => {
      expectServed(await gateway.exchange(get("/auth/x")));
    });
  });

  test.each([{ websocket: false }, { deny: ["/x"] }, { max_body_bytes: 10 }])(
    "must: one that knows other words says itself which routes take a WebSocket: %j",
    async (more) => {
      await run(more, async (gateway) => {
        for (const target of ["/socket/x", "/auth/x"])
          expectServed(await gateway.exchange(handshake(target)));
      });
    },
  );
});
