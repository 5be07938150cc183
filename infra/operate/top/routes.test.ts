import { expect, test } from "vitest";
import { seriesIn } from "./exposition.ts";
import { RouteMeter } from "./routes.ts";

/** What a gateway tells of a route: requests by class, and how many took up to 10 ms, up to 1 s, and longer. */
function page(
  route: string,
  classes: Record<string, number>,
  [fast = 0, slow = 0, late = 0]: number[],
): string {
  const labels = (more: string) => `{route="${route}",${more}}`;
  return [
    "# HELP gateway_requests_total Requests.",
    "# TYPE gateway_requests_total counter",
    ...Object.entries(classes).map(
      ([status, count]) => `gateway_requests_total${labels(`status="${status}"`)} ${count}`,
    ),
    `gateway_request_duration_seconds_bucket${labels('status="2xx",le="0.01"')} ${fast}`,
    `gateway_request_duration_seconds_bucket${labels('status="2xx",le="1"')} ${fast + slow}`,
    `gateway_request_duration_seconds_bucket${labels('status="2xx",le="+Inf"')} ${fast + slow + late}`,
    "nodejs_heap_size_used_bytes 1.5e+07",
  ].join("\n");
}
const told = (...pages: (string | undefined)[]) =>
  new Map(
    pages.flatMap((text, at) => (text === undefined ? [] : [[`gateway-${at}`, seriesIn(text)] as const])),
  );

test("a page of metrics is read, whatever is in its labels", () => {
  expect(
    seriesIn('# a{b="c"} 1\n\na{b="x,\\"y\\"=}",c="\\\\\\n"} +Inf 1395066363000\nd NaN\nno number\n'),
  ).toEqual([
    { name: "a", labels: { b: 'x,"y"=}', c: "\\\n" }, value: Number.POSITIVE_INFINITY },
    { name: "d", labels: {}, value: Number.NaN },
    { name: "no", labels: {}, value: Number.NaN },
  ]);
});

test("rate, errors and p99 are those of lately and those since the start", () => {
  const meter = new RouteMeter(10_000);
  expect(meter.read(told(page("auth", { "2xx": 100 }, [100])), 0)).toEqual([
    {
      route: "auth",
      rate: 0,
      lately: { count: 0, errors: 0, p99Ms: undefined },
      ever: { count: 100, errors: 0, p99Ms: expect.closeTo(9.9) },
    },
  ]);
  const [auth] = meter.read(told(page("auth", { "2xx": 110, "5xx": 10 }, [110, 10])), 2000);
  expect(auth?.rate).toBe(10);
  expect(auth?.lately).toMatchObject({ count: 20, errors: 10 });
  // Of 20 the last tenth lies between 10 ms and 1 s: 19.8 of 20 are at 0.98 of that.
  expect(auth?.lately.p99Ms).toBeCloseTo(10 + 990 * 0.98);
  expect(auth?.ever).toMatchObject({ count: 120, errors: 10 });
  // What is older than the window is not lately.
  meter.read(told(page("auth", { "2xx": 110, "5xx": 10 }, [110, 10])), 11_000);
  const [later] = meter.read(told(page("auth", { "2xx": 112, "5xx": 10 }, [112, 10])), 22_000);
  expect(later).toMatchObject({ rate: 2 / 11, lately: { count: 2, errors: 0 } });
});

test("several gateways are one; one that is started anew begins at nothing, and one that goes takes nothing away", () => {
  const meter = new RouteMeter(10_000);
  meter.read(told(page("auth", { "2xx": 100 }, [100]), page("auth", { "2xx": 50 }, [50])), 0);
  const [both] = meter.read(told(page("auth", { "2xx": 3 }, [3]), page("auth", { "2xx": 57 }, [57])), 1000);
  expect(both).toMatchObject({ rate: 10, ever: { count: 60 } });
  const [one] = meter.read(told(undefined, page("auth", { "2xx": 57 }, [57])), 2000);
  expect(one).toMatchObject({ rate: 5, lately: { count: 10 }, ever: { count: 57 } });
});

test("what takes longer than all that is told apart is told as that", () => {
  const [slow] = new RouteMeter(1).read(told(page("auth", { "2xx": 10 }, [0, 0, 10])), 0);
  expect(slow?.ever.p99Ms).toBe(Number.POSITIVE_INFINITY);
});
