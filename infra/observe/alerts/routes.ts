import type { Budget } from "../../../config/define/budget.ts";
import { routeTable } from "../../../config/routes.ts";
import { type Select, unless, upTo } from "../promql.ts";
import type { Alerts, Case, Subject } from "./rule.ts";
import { queueIsFull, upstreamIsDown } from "./upstreams.ts";

/** What is told of a budget that goes too fast. */
interface Burn {
  /** The part of it that both windows must have burnt, as a multiple of its even use over thirty days. */
  readonly rate: number;
  readonly long: string;
  /** So that an alert ends soon after its cause has. */
  readonly short: string;
}

/**
 * Source: Google, "The Site Reliability Workbook", chapter 5, "Alerting on SLOs", table 5-8: "Page: 1 hour, 5 minutes, burn rate
 * 14.4, error budget consumed 2%; Page: 6 hours, 30 minutes, 6, 5%; Ticket: 3 days, 6 hours, 1, 10%".
 */
const fast: readonly Burn[] = [
  { rate: 14.4, long: "1h", short: "5m" },
  { rate: 6, long: "6h", short: "30m" },
];
const slow: readonly Burn[] = [{ rate: 1, long: "3d", short: "6h" }];

/**
 * Of less nobody is told, however large its share is: where few ask, one failure is a large one. Source: the same, "Low-Traffic
 * Services and Error Budget Alerting".
 */
const fewest = 10;
/** A part of all answers of two minutes that nobody takes for chance, whatever the budget. */
const tooMany = 0.25;

interface Route {
  readonly name: string;
  readonly service: string;
  readonly budget: Budget;
  readonly websocket: boolean;
}

/** The routes of a platform with their budgets. */
export function routesWithBudgets({ platform }: Pick<Subject, "platform">): Route[] {
  const budgets = Object.values(platform.services).flatMap(({ routes }) =>
    routes.map(({ budget }) => budget),
  );
  return routeTable(platform).services.map(({ name, host, websocket }, index) => ({
    name,
    service: host,
    budget: budgets[index] as Budget,
    websocket: websocket === true,
  }));
}

/** How many of a route's answers were bad and how many there were, in a window. */
interface Share {
  readonly bad: (window: string) => string;
  readonly all: (window: string) => string;
}

/** Answers with a status of 500 and more: the service's, or the gateway's in its place. */
export const errorsOf = (select: Select, route: string): Share => ({
  bad: (window) => `sum(increase(${select("gateway_requests_total", { route, status: "5xx" }, window)}))`,
  all: (window) => `sum(increase(${select("gateway_requests_total", { route }, window)}))`,
});

/** Answers that the service needed longer for than the budget says; a client that is slow to send or to take is none of that. */
export const slownessOf = (select: Select, route: string, seconds: number): Share => {
  const all = (window: string) =>
    `sum(increase(${select("gateway_upstream_seconds_count", { route }, window)}))`;
  const within = (window: string) =>
    `sum(increase(${select("gateway_upstream_seconds_bucket", { route, le: upTo(seconds) }, window)}))`;
  return { bad: (window) => `(${all(window)} - ${within(window)})`, all };
};

const shareAbove = ({ bad, all }: Share, window: string, share: number): string =>
  `${bad(window)} / ${all(window)} > ${Number(share.toPrecision(6))}`;

const burns = (share: Share, budget: number, burns: readonly Burn[]): string =>
  burns
    .map(
      ({ rate, long, short }) =>
        `(${shareAbove(share, long, rate * budget)} and ${shareAbove(share, short, rate * budget)} and ${share.bad(long)} >= ${fewest})`,
    )
    .join(" or ");

const atOnce = (share: Share): string =>
  `(${shareAbove(share, "2m", tooMany)} and ${share.bad("2m")} >= ${fewest})`;

/** Of what is known by its cause nothing else is told. */
const unlessKnown = (subject: Subject, { name, service }: Route): string =>
  unless(upstreamIsDown(subject, service), queueIsFull(subject, name));

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
/** One request in a hundred may be slower: that is what p99 says. */
const slowBudget = 0.01;

const everyRoute = (make: (subject: Subject, route: Route) => Case) => (subject: Subject) =>
  routesWithBudgets(subject).map((route) => withRoute(make(subject, route), route));
/** A WebSocket's time is not the service's: it has no latency but that of its handshake. */
const everyPlainRoute = (make: (subject: Subject, route: Route) => Case) => (subject: Subject) =>
  routesWithBudgets(subject)
    .filter(({ websocket }) => !websocket)
    .map((route) => withRoute(make(subject, route), route));
const withRoute = (made: Case, { name, service }: Route): Case => ({
  ...made,
  labels: { route: name, service },
});

const findErrors = [
  "`./beat logs gateway` shows the requests with their `outcome` and `fault`, and the id by which the service's own lines are found",
  "`./beat verify` tries every route, store and consumer, and says which does not work",
];
const findSlowness = [
  "`./beat logs gateway`: `firstByteMs` is the service's time, `queueMs` that for a place, `connectMs` that for a connection",
  "look at the stores' dashboard: connections, locks and the oldest transaction of the service's database",
];

/** Whether routes keep what their budgets promise. */
export const routeAlerts = {
  RouteFailing: {
    severity: "critical",
    means:
      "More than a quarter of a route's answers were errors (5xx) in the last two minutes, and ten or more of them.",
    steps: findErrors,
    cases: everyRoute((subject, route) => ({
      expr: `${atOnce(errorsOf(subject.select, route.name))}${unlessKnown(subject, route)}`,
      summary: `many answers of route ${route.name} are errors`,
    })),
  },
  RouteErrorsBurnFast: {
    severity: "critical",
    means:
      "Errors (5xx) of a route use up its budget (`budget.errors` of the route) so fast that a thirtieth of a month's would be gone within hours: 14.4 times as fast as it allows for an hour, or six times as fast for six.",
    steps: findErrors,
    cases: everyRoute(({ select }, { name, budget }) => ({
      expr: burns(errorsOf(select, name), budget.errors, fast),
      summary: `route ${name} burns its budget of ${percent(budget.errors)} errors fast`,
    })),
  },
  RouteErrorsBurnSlow: {
    severity: "warning",
    means: "For three days more answers of a route were errors (5xx) than its budget allows.",
    steps: findErrors,
    cases: everyRoute(({ select }, { name, budget }) => ({
      expr: burns(errorsOf(select, name), budget.errors, slow),
      summary: `route ${name} has more errors than its budget of ${percent(budget.errors)}`,
    })),
  },
  RouteSlow: {
    severity: "warning",
    means:
      "For more than a quarter of a route's requests in the last two minutes the service needed longer than the route's `budget.p99Ms`, and for ten or more of them.",
    steps: findSlowness,
    cases: everyPlainRoute(({ select }, { name, budget }) => ({
      expr: atOnce(slownessOf(select, name, budget.p99Ms / 1000)),
      summary: `many answers of route ${name} take longer than ${budget.p99Ms} ms`,
    })),
  },
  RouteLatencyBurnFast: {
    severity: "critical",
    means:
      "Of a hundred requests of a route one may take longer than its `budget.p99Ms`; 14.4 did for an hour, or six for six hours.",
    steps: findSlowness,
    cases: everyPlainRoute(({ select }, { name, budget }) => ({
      expr: burns(slownessOf(select, name, budget.p99Ms / 1000), slowBudget, fast),
      summary: `route ${name} burns its budget fast: 99 % of its answers within ${budget.p99Ms} ms`,
    })),
  },
  RouteLatencyBurnSlow: {
    severity: "warning",
    means:
      "For three days more than one in a hundred requests of a route took longer than its `budget.p99Ms`.",
    steps: findSlowness,
    cases: everyPlainRoute(({ select }, { name, budget }) => ({
      expr: burns(slownessOf(select, name, budget.p99Ms / 1000), slowBudget, slow),
      summary: `fewer than 99 % of the answers of route ${name} come within ${budget.p99Ms} ms`,
    })),
  },
} as const satisfies Alerts;
