import { beforeEach, expect, test, vi } from "vitest";
import { UpstreamAddress } from "./address.ts";

type Answer = (error: { code: string } | null, found?: { address: string; family: number }[]) => void;
const resolver = vi.hoisted(() => ({ asked: [] as { name: string; answer: Answer }[] }));
vi.mock("node:dns", () => ({
  lookup: (name: string, _options: object, answer: Answer) => void resolver.asked.push({ name, answer }),
}));
beforeEach(() => {
  resolver.asked = [];
});

/** The resolver's answer to the question that was asked last. */
function answers(...addresses: string[]): void {
  resolver.asked.at(-1)?.answer(
    null,
    addresses.map((address) => ({ address, family: 4 })),
  );
}
const fails = (code: string) => resolver.asked.at(-1)?.answer({ code });

test.each([
  ["10.0.0.7", "10.0.0.7"],
  ["[::1]", "::1"],
  ["::1", "::1"],
])("%s is known from the start, and nobody is asked", (host, address) => {
  const upstream = new UpstreamAddress(host);
  expect([upstream.host, upstream.known]).toEqual([address, [address]]);
  const then = vi.fn();
  upstream.refresh(1e9);
  upstream.whenFresh(1e9, then);
  expect(then).toHaveBeenCalledExactlyOnceWith(undefined);
  expect(resolver.asked).toEqual([]);
});

test("a name is asked for when somebody needs it, all of its addresses in the resolver's order", () => {
  const upstream = new UpstreamAddress("core");
  const then = vi.fn();
  upstream.whenFresh(performance.now(), then);
  expect(then).not.toHaveBeenCalled();
  answers("10.0.0.2", "10.0.0.1");
  expect(then).toHaveBeenCalledExactlyOnceWith(undefined);
  expect(upstream.known).toEqual(["10.0.0.2", "10.0.0.1"]);
});

test("one question at a time, whoever waits for its answer", () => {
  const upstream = new UpstreamAddress("core");
  const then = vi.fn();
  for (let i = 0; i < 3; i++) upstream.whenFresh(performance.now(), then);
  upstream.refresh(1e9);
  expect(resolver.asked.map(({ name }) => name)).toEqual(["core"]);
  answers("10.0.0.1");
  expect(then).toHaveBeenCalledTimes(3);
});

test("an answer is used for two seconds; then the old one stands only for those who do not wait", () => {
  const upstream = new UpstreamAddress("core");
  const start = performance.now();
  upstream.refresh(start);
  answers("10.0.0.1");
  const then = vi.fn();
  upstream.refresh(start + 1_500);
  upstream.whenFresh(start + 1_500, then);
  expect([resolver.asked.length, then.mock.calls.length]).toEqual([1, 1]);
  upstream.refresh(performance.now() + 2_100);
  expect([resolver.asked.length, upstream.known]).toEqual([2, ["10.0.0.1"]]);
  upstream.whenFresh(performance.now() + 2_100, then);
  expect(then).toHaveBeenCalledTimes(1);
  answers("10.0.0.2");
  expect([then.mock.calls.length, upstream.known]).toEqual([2, ["10.0.0.2"]]);
});

test("a resolver that fails for a moment changes nothing, and is asked again", () => {
  const upstream = new UpstreamAddress("core");
  const start = performance.now();
  upstream.refresh(start);
  answers("10.0.0.1");
  const then = vi.fn();
  upstream.whenFresh(start + 3_000, then);
  fails("EAI_AGAIN");
  expect(then).toHaveBeenCalledExactlyOnceWith(undefined);
  expect(upstream.known).toEqual(["10.0.0.1"]);
  upstream.whenFresh(start + 3_001, then);
  answers();
  expect(upstream.known).toEqual(["10.0.0.1"]);
  expect(resolver.asked).toHaveLength(3);
});

test.each(["ENOTFOUND", "EAI_AGAIN"])("without any address the resolver's error is told: %s", (code) => {
  const upstream = new UpstreamAddress("core");
  const then = vi.fn();
  upstream.whenFresh(0, then);
  fails(code);
  upstream.whenFresh(1, then);
  answers();
  expect(then.mock.calls).toEqual([[code], ["ENOTFOUND"]]);
});
