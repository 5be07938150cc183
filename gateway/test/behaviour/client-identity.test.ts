import { describe, expect, test } from "vitest";
import { accepted, handshake } from "../support/frames.ts";
import type { Message } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { expectServed, get } from "../support/verdict.ts";

const edge = suiteGateway({ slots: 6 });
const behind = suiteGateway({ slots: 4, env: { GATEWAY_TRUSTED_PROXIES: "127.0.0.1" } });

/** What frameworks take for the client's address, name or certificate, or for the path that was asked. */
const believed = [
  "Forwarded",
  "X-Forwarded-By",
  "X-Forwarded-Client-Cert",
  "X-Forwarded-Email",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "X-Forwarded-Path",
  "X-Forwarded-Port",
  "X-Forwarded-Prefix",
  "X-Forwarded-Preferred-Username",
  "X-Forwarded-Proto",
  "X-Forwarded-Scheme",
  "X-Forwarded-Server",
  "X-Forwarded-Ssl",
  "X-Forwarded-User",
  "X-Original-For",
  "X-Original-Host",
  "X-Original-Method",
  "X-Original-Proto",
  "X-Real-IP",
  "True-Client-IP",
  "X-Client-IP",
  "X-Cluster-Client-IP",
  "CF-Connecting-IP",
  "Fastly-Client-IP",
  "X-Envoy-External-Address",
  "X-Envoy-Original-Path",
  "X-MS-Client-Principal",
  "X-MS-Client-Principal-Id",
  "X-MS-Client-Principal-Name",
  "X-ARR-ClientCert",
];
/** Nobody in front may say these: the path is the gateway's to route by, and Proxy is no field at all. */
const never = ["X-Original-URL", "X-Rewrite-URL", "Proxy"];
/** CGI, WSGI and Rack read a dash and an underscore as the same (CVE-2015-7225 class). */
const variants = (name: string) => [
  name,
  name.toLowerCase(),
  name.toUpperCase(),
  name.replaceAll("-", "_"),
  name.replace("-", "_"),
];

const spoofed = (names: readonly string[]) =>
  [...new Set(names.flatMap(variants))].map((name) => `${name}: spoofed`);
const leaked = ({ fields }: Message) =>
  fields.filter(([, value]) => value.includes("spoofed")).map(([name]) => name);
/** No more than the gateway's default number of fields. */
const portions = (fields: readonly string[]) =>
  Array.from({ length: Math.ceil(fields.length / 60) }, (_, i) => fields.slice(60 * i, 60 * i + 60));

describe("fields that say who the client is", () => {
  test("must: are taken from a client that is no trusted proxy (OWASP; CWE-290)", async () => {
    const { upstream, prefix } = edge.slot();
    for (const fields of portions(spoofed([...believed, ...never])))
      expectServed(await edge.exchange(get(`${prefix}/x`, ...fields)));
    expect(upstream.requests.flatMap(leaked)).toEqual([]);
  });

  test("must: also from handshakes (RFC 6455 4.2.1)", async () => {
    const { upstream, socket } = edge.slot();
    upstream.answer = always(accepted());
    for (const fields of portions(spoofed([...believed, ...never])))
      await edge.exchange(handshake(`${socket}/x`, ...fields));
    expect(upstream.connections.length).toBeGreaterThan(1);
    expect(upstream.requests.flatMap(leaked)).toEqual([]);
  });

  test("must: Connection cannot keep or bring back one (hop-by-hop abuse)", async () => {
    const { upstream, prefix } = edge.slot();
    const fields = [
      "Connection: X-Forwarded-For, X-Real-IP",
      "X-Forwarded-For: spoofed",
      "X-Real-IP: spoofed",
    ];
    expectServed(await edge.exchange(get(`${prefix}/x`, ...fields)));
    const [request] = upstream.requests as [Message];
    expect(leaked(request)).toEqual([]);
    expect(request.fields.find(([name]) => name.toLowerCase() === "x-forwarded-for")?.[1]).toBe("127.0.0.1");
  });

  test("must: a control: fields that say nothing of the kind pass", async () => {
    const { upstream, prefix } = edge.slot();
    const names = [
      "X-HTTP-Method-Override",
      "X-Forward",
      "X-Forwardedness",
      "Proxy-Note",
      "X-Original",
      "X-Client",
      "X-My_Field",
      "Authorization",
    ];
    expectServed(await edge.exchange(get(`${prefix}/x`, ...names.map((name) => `${name}: spoofed`))));
    expect(leaked(upstream.requests[0] as Message)).toEqual(names);
  });

  test("must: pass from a trusted proxy as it wrote them", async () => {
    const { upstream, prefix } = behind.slot();
    // Those that the gateway itself speaks for have cases of their own.
    const own = [
      "Forwarded",
      "X-Forwarded-For",
      "X-Forwarded-Host",
      "X-Forwarded-Proto",
      "X-Forwarded-Port",
      "X-Real-IP",
    ];
    const names = believed.filter((name) => !own.includes(name));
    expectServed(await behind.exchange(get(`${prefix}/x`, ...names.map((name) => `${name}: spoofed`))));
    expect(leaked(upstream.requests[0] as Message).sort()).toEqual([...names].sort());
  });

  test("must: those that nobody may set pass from no trusted proxy either (CVE-2018-14773, CVE-2016-5385)", async () => {
    const { upstream, prefix } = behind.slot();
    expectServed(await behind.exchange(get(`${prefix}/x`, ...spoofed(never))));
    expect(leaked(upstream.requests[0] as Message)).toEqual([]);
  });
});
