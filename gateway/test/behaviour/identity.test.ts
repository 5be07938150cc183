import { describe, expect, test } from "vitest";
import { statusOf, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { expectForwarded, expectProblem, expectServed, get, onlyAnswer } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 80 });
const trusting = suiteGateway({ slots: 5, env: { GATEWAY_TRUSTED_PROXIES: "127.0.0.0/8" } });
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe.concurrent("Host (RFC 9112 3.2)", () => {
  test.each([
    ["must", "missing Host", []],
    ["must", "two Host", ["Host: a", "Host: b"]],
    ["must", "space in Host", ["Host: a b"]],
    ["should", "slash in Host", ["Host: a/b"]],
    ["should", "userinfo in Host", ["Host: u@a"]],
    ["should", "two equal Host", ["Host: gw", "Host: gw"]],
    ["must", "two hosts in one field", ["Host: a, b"]],
    ["must", "a port that is none", ["Host: a:b"]],
    ["should", "a port that is too large", ["Host: a:65536"]],
    ["should", "a port alone", ["Host: :80"]],
    ["should", "brackets around no IPv6 address", ["Host: [::g]"]],
    ["should", "escapes in Host", ["Host: %0d%0aX-Evil:1"]],
    ["should", "a list in Host", ["Host: a;b=c,d"]],
    ["should", "a query in Host", ["Host: a?b"]],
    ["should", "a quote in Host", ['Host: a"b']],
    ["should", "a byte above 0x7f in Host", ["Host: a\xe9"]],
  ] as const)("%s: %s: 400", async (_level, _name, lines) => {
    const { upstream, prefix } = gateway.slot();
    const bytes = [`GET ${prefix}/x HTTP/1.1`, ...lines, "", ""].join("\r\n");
    const received = await gateway.exchange(bytes);
    expectProblem(onlyAnswer(received), 400);
    expect(upstream.connections).toHaveLength(0);
  });

  test.each(["gw", "gw:9000", "127.0.0.1:80", "[::1]:9000", "A.Example.org"])(
    "should: Host %s reaches the upstream unchanged, never empty (RFC 9112 3.2)",
    async (host) => {
      const { upstream, prefix } = gateway.slot();
      expectServed(await gateway.exchange(`GET ${prefix}/x HTTP/1.1\r\nHost: ${host}\r\n\r\n`));
      expectForwarded(upstream, { target: "/x", host });
    },
  );

  test("should: an empty Host: 400, or the upstream gets a name (RFC 9112 3.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(`GET ${prefix}/x HTTP/1.1\r\nHost:\r\n\r\n`);
    if (statusOf(onlyAnswer(received)) === 400) expect(upstream.connections).toHaveLength(0);
    else expect(values(upstream.requests[0] as never, "host")[0]).toMatch(/\w/);
  });
});

describe.concurrent("who asks", () => {
  test("must: X-Forwarded-For: the address the gateway saw is the last element (OWASP; RFC 7239)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/x`)));
    const request = expectForwarded(upstream, {});
    expect(values(request, "x-forwarded-for")).toEqual(["127.0.0.1"]);
    expect(values(request, "x-forwarded-proto")).toEqual(["http"]);
    expect(values(request, "x-forwarded-host")).toEqual(["gw"]);
  });

  test("should: edge mode: spoofed XFF/X-Real-IP/Forwarded/X-Forwarded-Host dropped (OWASP; Envoy use_remote_address/edge)", async () => {
    const { upstream, prefix } = gateway.slot();
    const spoofed = [
      "X-Forwarded-For: 6.6.6.6",
      "x-forwarded-for: 6.6.6.7",
      "X-Real-IP: 6.6.6.6",
      "Forwarded: for=6.6.6.6",
    ];
    const more = [
      "X-Forwarded-Host: 6.6.6.6",
      "X-Forwarded-Proto: https6.6.6.6",
      "X-Forwarded-Port: 6.6.6.6",
    ];
    expectServed(await gateway.exchange(get(`${prefix}/x`, ...spoofed, ...more)));
    const request = expectForwarded(upstream, {});
    expect(JSON.stringify(request.fields)).not.toContain("6.6.6.");
    expect(values(request, "x-forwarded-for")).toEqual(["127.0.0.1"]);
  });

  const believed = [
    "X-Forwarded-Prefix",
    "X-Original-Host",
    "True-Client-IP",
    "X-Client-IP",
    "x-cluster-client-ip",
    "CF-Connecting-IP",
    "X-MS-CLIENT-PRINCIPAL",
    "X-ARR-ClientCert",
    "X-Forwarded-Client-Cert",
    "X-Envoy-External-Address",
    "X-Auth-Request-User",
    "X-Remote-User",
    "X_Real_IP",
  ];
  const nobodys = ["Proxy", "X-Original-URL", "X-Rewrite-URL", "X_Original_URL", "X_Forwarded_For"];
  const spoofing = [...believed, ...nobodys].map((name) => `${name}: spoofed`);

  test("must: what frameworks believe of the client does not pass from the client (OWASP)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/x`, ...spoofing, "X-Kept: 1")));
    const request = expectForwarded(upstream, {});
    expect(JSON.stringify(request.fields)).not.toContain("spoofed");
    expect(values(request, "x-kept")).toEqual(["1"]);
  });

  test("must: a trusted proxy may say who the client is, and nobody what path was meant (CVE-2018-14773)", async () => {
    const { upstream, prefix } = trusting.slot();
    expectServed(await trusting.exchange(get(`${prefix}/x`, ...spoofing)));
    const { fields } = expectForwarded(upstream, {});
    expect(fields.filter(([, value]) => value === "spoofed").map(([name]) => name)).toEqual(believed);
  });

  test("must: a trusted proxy's chain is kept and appended to (RFC 7239 4)", async () => {
    const { upstream, prefix } = trusting.slot();
    expectServed(
      await trusting.exchange(
        get(
          `${prefix}/x`,
          "X-Forwarded-For: 6.6.6.6",
          "X-Forwarded-For: 7.7.7.7",
          "X-Forwarded-Proto: https",
        ),
      ),
    );
    const request = expectForwarded(upstream, {});
    expect(values(request, "x-forwarded-for").join(", ")).toBe("6.6.6.6, 7.7.7.7, 127.0.0.1");
    expect(values(request, "x-forwarded-proto")).toEqual(["https"]);
  });

  test("must: X-Request-ID made when absent, unique, one only (original proxy; Envoy x-request-id)", async () => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(get(`${prefix}/x`).repeat(20), 20);
    const sent = upstream.requests.map((request) => values(request, "x-request-id"));
    expect(sent.every((ids) => ids.length === 1 && uuid.test(ids[0] as string))).toBe(true);
    expect(new Set(sent.flat()).size).toBe(20);
    // should: the answer carries the same X-Request-ID as the upstream saw (gateway contract)
    expect(received.answers.flatMap((answer) => values(answer, "x-request-id")).sort()).toEqual(
      sent.flat().sort(),
    );
  });

  test.each(["abc-1", "0123456789abcdef", "a.b_c~d:e/f+g=h", "x".repeat(64)])(
    "should: the answer carries the same X-Request-ID as the upstream saw, a well-formed one kept: %s (gateway contract)",
    async (id) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Request-ID: other\r\n\r\nok");
      const answer = expectServed(await gateway.exchange(get(`${prefix}/x`, `X-Request-ID: ${id}`)));
      expect(values(expectForwarded(upstream, {}), "x-request-id")).toEqual([id]);
      expect(values(answer, "x-request-id")).toEqual([id]);
    },
  );

  test.each([
    ["white space", "a b"],
    ["a quote", 'a"b'],
    ["a byte above 0x7f", "a\xe9"],
    ["nothing", ""],
    ["overlong", "x".repeat(300)],
    ["an escape", "${jndi:x}"],
  ])("should: client X-Request-ID with %s replaced (log injection; Envoy)", async (_name, id) => {
    const { upstream, prefix } = gateway.slot();
    const answer = expectServed(await gateway.exchange(get(`${prefix}/x`, `X-Request-ID: ${id}`)));
    const [sent = ""] = values(expectForwarded(upstream, {}), "x-request-id");
    expect(sent).toMatch(uuid);
    expect(values(answer, "x-request-id")).toEqual([sent]);
  });

  test("must: two X-Request-ID: upstream gets one (spoofing)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/x`, "X-Request-ID: a1", "x-request-id: b2")));
    // Whichever was meant, it cannot be told: it gets one of the gateway's own.
    const ids = values(expectForwarded(upstream, {}), "x-request-id");
    expect(ids).toHaveLength(1);
    expect(ids[0]).toMatch(uuid);
  });
});
