import { describe, expect, test } from "vitest";
import {
  namedByConnection,
  notAToken,
  RequestField,
  requestField,
  responseField,
  withoutNamed,
} from "./fields.ts";
import { readRequestHead } from "./request-head.ts";

describe("who may say who the client is", () => {
  const proxies = [
    "Forwarded",
    "X-Real-IP",
    "X-Forwarded",
    "X-Forwarded-Prefix",
    "X-Forwarded-Ssl",
    "X-Forwarded-User",
    "X-Forwarded-Anything-New",
    "X-Original-For",
    "X-Original-Proto",
    "True-Client-IP",
    "X-Client-IP",
    "Client-IP",
    "X-Cluster-Client-IP",
    "CF-Connecting-IP",
    "CF-Connecting-IPv6",
    "Fastly-Client-IP",
    "X-Envoy-Internal",
    "X-MS-CLIENT-PRINCIPAL",
    "X-MS-CLIENT-PRINCIPAL-NAME",
    "X-ARR-SSL",
    "Client-Cert",
    "Client-Cert-Chain",
    "X-Client-Cert",
    "X-SSL-Client-Verify",
    "SSL-Client-Subject-DN",
    "X-Remote-User",
    "Remote-User",
    "X-Auth-Request-Email",
    "X-Url-Scheme",
  ];
  const nobody = ["Proxy", "X-Original-URL", "X-Rewrite-URL"];
  const spellings = (name: string) => [
    name,
    name.toLowerCase(),
    name.toUpperCase(),
    name.replaceAll("-", "_"),
    name.replace("-", "_"),
  ];

  test.each(proxies)("%s: a trusted proxy", (name) => {
    for (const spelling of spellings(name)) expect(requestField(spelling)).toBe(RequestField.spoofable);
  });
  test.each(nobody)("%s: nobody", (name) => {
    for (const spelling of spellings(name)) expect(requestField(spelling)).toBe(RequestField.never);
  });
  test.each([
    "X_Forwarded_For",
    "x-forwarded_proto",
    "X_Forwarded_Host",
    "X_REQUEST_ID",
    "Content_Length",
    "Transfer_Encoding",
    "Keep_Alive",
  ])("%s: nobody, since the gateway speaks of it with a dash", (name) =>
    expect(requestField(name)).toBe(RequestField.never),
  );
  test.each([
    "X-Forward",
    "X-Originals",
    "X-Origin",
    "X-Real-IPs",
    "Proxies",
    "X-Client",
    "X-Client-Version",
    "X-MS-Client",
    "X-Remote",
    "X-HTTP-Method-Override",
    "Session_ID",
    "Accept",
    "constructor",
    "__proto__",
  ])("%s passes", (name) => expect(requestField(name)).toBe(RequestField.keep));

  test("an upstream's answer knows no such fields", () => {
    expect(responseField("X-Real-IP")).toBe(0);
    expect(responseField("Proxy")).toBe(0);
    expect(responseField("a b")).toBe(notAToken);
    expect(requestField("a b")).toBe(notAToken);
  });
});

describe("fields that Connection names", () => {
  const raw = (...lines: readonly string[]) =>
    lines.flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);

  test("go out of the lines, in any case and as often as they are there", () =>
    expect(withoutNamed("X-A: 1\r\nX-B: X-A: 2\r\nx-a: 3\r\nX-AA: 4\r\n", new Set(["x-a"]))).toBe(
      "X-B: X-A: 2\r\nX-AA: 4\r\n",
    ));

  test("are noted all the same when they mean something here", () => {
    const head = readRequestHead(
      raw(
        "Host: h",
        "Origin: https://a.b",
        "X-Secret: 1",
        "Content-Length: 3",
        "X-Request-ID: r",
        "X-Kept: 2",
        "Connection: close, Origin, x-secret, Content-Length, Host, X-Request-ID",
      ),
      false,
    );
    expect(head).toMatchObject({ host: "h", hosts: 1, origin: "https://a.b", length: 3, requestId: "r" });
    expect(head.requestIds).toBe(1);
    expect(head.kept).toBe("X-Kept: 2\r\n");
  });

  test("are none when only its own options stand there", () => {
    expect(namedByConnection("keep-alive, Upgrade,close,, \t")).toBeUndefined();
    expect(readRequestHead(raw("Connection: close", "close: 1"), false).kept).toBe("close: 1\r\n");
  });
});

test("identity fields pass from a trusted peer, in its order and spelling", () => {
  const raw = [
    "X-Real-IP",
    "1.2.3.4",
    "Proxy",
    "x",
    "X-A",
    "1",
    "x_forwarded_for",
    "x",
    "FORWARDED",
    "for=x",
  ];
  expect(readRequestHead(raw, true).kept).toBe("X-Real-IP: 1.2.3.4\r\nX-A: 1\r\nFORWARDED: for=x\r\n");
  expect(readRequestHead(raw, false).kept).toBe("X-A: 1\r\n");
});
