import { describe, expect, test } from "vitest";
import { suiteGateway } from "../support/suite.ts";
import { expectForwarded, expectProblem, expectServed, get, head, onlyAnswer } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 60, route: { deny: ["/admin", "/api/v1/account/groups"] } });

describe.concurrent("denied paths, however they are written (RFC 3986 6.2.2)", () => {
  test.each([
    "/admin",
    "/admin/",
    "/admin/users",
    "/admin?x=1",
    "/%61dmin",
    "/%61%64%6d%69%6e/users",
    "/%61dmin/users/%ff",
    "/%61dmin%2fusers%ff",
    "/%61dmin/%c3%28",
    "/%61dmin/users;%ff",
    "/%61dmin;%ff/users",
    "/admin;x=1/users",
    "/admin/%80%81%fe",
    "/%41dmin/%ff".replace("%41", "%61"),
    "/api/v1/account/groups/permissions",
    "/api/v1/%61ccount/groups/%ed%a0%80",
    "/%61pi/v1/account/groups/%f5%80",
  ])("must: %s is 404 and goes no further", async (path) => {
    const { upstream, prefix } = gateway.slot();
    for (const method of ["GET", "POST"])
      expectProblem(
        onlyAnswer(await gateway.exchange(head(method, `${prefix}${path}`, "Content-Length: 0"))),
        404,
      );
    expect(upstream.connections).toHaveLength(0);
  });

  // One escape that is no UTF-8 must not end the reading of the others.
  test.each([
    "/%ff/%61dmin/..",
    "/users/%ff",
    "/administrator",
    "/x%ff/admin",
    "/api/v1/account/groupsx",
    "/%c3%a9",
  ])("must: %s is another path, and passes or is refused for its own sake", async (path) => {
    const { upstream, prefix } = gateway.slot();
    const received = await gateway.exchange(get(`${prefix}${path}`));
    if (path.includes("..")) return expectProblem(onlyAnswer(received), 400);
    expectServed(received);
    expectForwarded(upstream, { target: path });
  });
});

describe("a path on a route with denied ones takes linear time", () => {
  const filled = (piece: string, tail: string) => piece.repeat(Math.floor(30_000 / piece.length)) + tail;
  test.each([
    ["semicolons before an escaped line feed", filled(";", "%0a")],
    ["semicolons before a byte that is no text", filled(";", "%ff")],
    ["escaped semicolons", filled("%3b", "%0a")],
    ["parameters", filled(";a=b", "%0d")],
    ["slashes", filled("/", "%0a")],
    ["slashes with parameters", filled(";/", "%0a")],
    ["escaped slashes", filled("%2f", "%0a")],
    ["escapes of escapes", filled("%25", "32f%0a")],
    ["dots", filled(".", "%0a")],
    ["single dots", filled("./.", "%0a")],
    ["the denied prefix again and again", filled("/admin", "%0a")],
    ["almost the denied prefix", filled("/admi", "%0a")],
    ["broken escapes", filled("%", "")],
    ["bytes that are no text", filled("%ff", "%0a")],
    ["white space", filled("%20", "%0a")],
  ])("must: %s (CWE-1333)", async (_name, path) => {
    const { prefix } = gateway.slot();
    const clients = Array.from({ length: 6 }, () => gateway.open().send(get(`${prefix}/${path}`)));
    const start = Date.now();
    for (const client of clients) {
      await client.until(() => client.closed || client.answers.length > 0, 15_000);
      expect(client.text).toMatch(/^HTTP\/1\.1 [24]\d\d /);
      client.destroy();
    }
    // A few milliseconds; a second each when time grows with the square.
    expect(Date.now() - start).toBeLessThan(2_000);
  });
});
