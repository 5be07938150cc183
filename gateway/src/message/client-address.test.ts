import { describe, expect, test, vi } from "vitest";
import { clientAddress } from "./client-address.ts";

const trusts = (address: string) => /^10\.|^fd00:/.test(address);
const via = (forwardedFor: string | undefined, peer = "10.0.0.1") =>
  clientAddress(peer, true, forwardedFor, trusts);

describe("behind a trusted proxy the client is", () => {
  test.each([
    ["its last entry", "6.6.6.6, 203.0.113.9", "203.0.113.9"],
    ["the last that no trusted proxy has", "6.6.6.6, 203.0.113.9, 10.0.0.3 ,\t10.0.0.2", "203.0.113.9"],
    ["without white space", "6.6.6.6,\t203.0.113.9 ", "203.0.113.9"],
    ["without its port", "6.6.6.6, 203.0.113.9:4711", "203.0.113.9"],
    ["an IPv6 address", "6.6.6.6, 2001:db8::9", "2001:db8::9"],
    ["without its brackets", "6.6.6.6, [2001:db8::9]", "2001:db8::9"],
    ["without brackets and port", "6.6.6.6, [2001:db8::9]:4711", "2001:db8::9"],
    ["an IPv6 address that looks like one with a port", "2001:db8::9:4711", "2001:db8::9:4711"],
    ["without its zone", "6.6.6.6, fe80::1%eth0", "fe80::1"],
    ["IPv4 within IPv6", "6.6.6.6, ::ffff:203.0.113.9", "203.0.113.9"],
    ["the same in brackets", "6.6.6.6, [::FFFF:203.0.113.9]:80", "203.0.113.9"],
    ["the same in hexadecimal", "6.6.6.6, ::ffff:cb00:7109", "203.0.113.9"],
    ["the same at length", "6.6.6.6, 0:0:0:0:0:ffff:cb00:7109", "203.0.113.9"],
    ["no other IPv6 address with ffff in it", "::ffff:0:cb00:7109", "::ffff:0:cb00:7109"],
    [
      "behind a proxy written with its port",
      "6.6.6.6, 203.0.113.9:1, 10.0.0.3:2, [fd00::1]:3",
      "203.0.113.9",
    ],
    ["behind a proxy written as IPv6", "203.0.113.9, ::ffff:10.0.0.3", "203.0.113.9"],
    ["a trusted address when there is no other", "10.0.0.9, 10.0.0.3", "10.0.0.9"],
  ])("%s", (_name, forwardedFor, client) => expect(via(forwardedFor)).toBe(client));
});

describe("an entry that is no address ends the walk, since only the client speaks of what is left of it", () => {
  test.each([
    "unknown",
    "_hidden",
    "203.0.113.9:",
    "203.0.113.9:http",
    "203.0.113.9:123456",
    "203.0.113.9:1:2",
    "203.0.113.256",
    "\xa0203.0.113.9",
    "[203.0.113.9]:80",
    "[2001:db8::9",
    "[2001:db8::9]x",
    "[2001:db8::9]:",
    "2001:db8::g",
    "localhost",
    '"203.0.113.9"',
    "for=203.0.113.9",
  ])("%j", (entry) => {
    expect(via(`6.6.6.6, ${entry}`)).toBe("10.0.0.1");
    expect(via(`6.6.6.6,${entry}, 10.0.0.3, 10.0.0.2`)).toBe("10.0.0.3");
    expect(via(`6.6.6.6,${entry},203.0.113.9`)).toBe("203.0.113.9");
  });
});

describe("the peer itself is the client", () => {
  test("when it is not trusted, or says nothing", () => {
    expect(clientAddress("203.0.113.9", false, "6.6.6.6", trusts)).toBe("203.0.113.9");
    expect(via(undefined)).toBe("10.0.0.1");
    expect(via("")).toBe("10.0.0.1");
  });
  test("and empty elements are none (RFC 9110 5.6.1.2)", () => {
    expect(via("6.6.6.6, 203.0.113.9, , 10.0.0.3,")).toBe("203.0.113.9");
    expect(via(" , ,")).toBe("10.0.0.1");
  });
  test("in the form in which all addresses stand", () => {
    expect(clientAddress("::ffff:203.0.113.9", false, undefined, trusts)).toBe("203.0.113.9");
    expect(clientAddress("fe80::1%eth0", false, undefined, trusts)).toBe("fe80::1");
    expect(clientAddress("", false, undefined, trusts)).toBe("");
  });
});

test("no list makes much work", () => {
  const asked = vi.fn(trusts);
  for (const entry of [",", " ,", "10.0.0.3,", "[fd00::1]:80, "]) {
    asked.mockClear();
    clientAddress("10.0.0.1", true, entry.repeat(32_768 / entry.length), asked);
    clientAddress("10.0.0.1", true, `${entry.repeat(32_768 / entry.length)}10.0.0.3`, asked);
    expect(asked.mock.calls.length).toBeLessThan(70);
  }
});
