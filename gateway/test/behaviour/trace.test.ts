import { describe, expect, test } from "vitest";
import { accepted, handshake } from "../support/frames.ts";
import { type Message, values } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always } from "../support/upstream.ts";
import { expectServed, get } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 24 });
const shape = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/;
const given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/** What the upstream got for a request with these fields. */
async function sent(fields: readonly string[], kind = "a request"): Promise<Message> {
  const { upstream, prefix, socket } = gateway.slot();
  if (kind === "a handshake") {
    upstream.answer = always(accepted());
    await gateway.exchange(handshake(`${socket}/x`, ...fields));
  } else expectServed(await gateway.exchange(get(`${prefix}/x`, ...fields)));
  return upstream.requests[0] as Message;
}

describe.concurrent.each(["a request", "a handshake"])(
  "%s and the trace it belongs to (W3C Trace Context)",
  (kind) => {
    test("must: the client's trace goes further, with its state (mutant: goes no further)", async () => {
      const request = await sent([`traceparent: ${given}`, "tracestate: a=1,b=2"], kind);
      const [traceparent = "", ...more] = values(request, "traceparent");
      expect(traceparent).toMatch(shape);
      expect(traceparent.slice(3, 35)).toBe(given.slice(3, 35));
      expect(more).toEqual([]);
      expect(values(request, "tracestate").join()).toBe("a=1,b=2");
    });

    test("must: without one a trace begins", async () => {
      const [first, second] = [await sent([], kind), await sent([], kind)];
      const [a = "", b = ""] = [first, second].flatMap((request) => values(request, "traceparent"));
      for (const traceparent of [a, b]) expect(traceparent).toMatch(shape);
      expect(a.slice(3, 35)).not.toBe(b.slice(3, 35));
    });

    test.each([
      ["all zero", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`],
      ["a version that never is", given.replace("00-", "ff-")],
      ["upper case", given.toUpperCase()],
      ["too short", given.slice(0, -1)],
      ["too long for its version", `${given}-x`],
    ])("must: one that is none is replaced, and its state goes (3.2, 3.3): %s", async (_name, value) => {
      const request = await sent([`traceparent: ${value}`, "tracestate: a=1"], kind);
      const [traceparent = ""] = values(request, "traceparent");
      expect(traceparent).toMatch(shape);
      expect(traceparent.slice(3, 35)).not.toBe(value.slice(3, 35).toLowerCase());
      expect(values(request, "tracestate")).toEqual([]);
    });

    test("must: two of them are none", async () => {
      const other = given.replace("4bf9", "5bf9");
      const request = await sent([`traceparent: ${given}`, `traceparent: ${other}`], kind);
      expect(values(request, "traceparent")).toHaveLength(1);
      for (const one of [given, other])
        expect(values(request, "traceparent")[0]).not.toContain(one.slice(3, 35));
    });
  },
);
