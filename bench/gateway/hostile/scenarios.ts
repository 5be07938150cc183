/** What an attack is called, and what the document says of it. What it does is in flood.ts and hold.ts. */
export interface Scenario {
  readonly title: string;
  readonly what: string;
  /** The clients keep their side open until the measurement is over, as the scenario is about what that costs. */
  readonly holds?: true;
}

export const scenarios = {
  pipelining: {
    title: "Pipelining",
    what: "4 connections, 20,000 requests written at once on each, all served; then the same again",
  },
  refused: {
    title: "Pipelining, refused",
    what: "the same to a path that no route has; on two of the connections a request that takes 500 ms comes first",
  },
  unread: {
    title: "Pipelining, never reading",
    what: "6 connections, up to 200,000 requests each, no answer is read: two to a served path, two to a refused one, two behind a request that is never answered",
  },
  paths: {
    title: "Long paths",
    what: "4 connections that pipeline requests with paths of 31 KB made of `;`, `%`, `/`, `.` on a route with a denied path, as many as are taken",
  },
  readers: {
    title: "Slow readers",
    what: "200 clients that ask for 1 MiB and 50 that ask for 8 MiB, all within 2.5 s; half read nothing, half 1 KB a second",
  },
  writers: {
    title: "Slow writers",
    what: "100 heads and 100 bodies, a byte each 100 ms on every connection",
  },
  handshakes: {
    title: "Refused handshakes",
    what: "2,000 WebSocket handshakes within two seconds, half to no route and half over the rate limit; no client closes its side",
    holds: true,
  },
  idle: {
    title: "Idle hoard",
    what: "4,000 connections opened within a second and left idle; beside them 500 opened and closed at once, twice a second",
  },
  aborts: {
    title: "Aborts",
    what: "16 clients that reset at a random point of a head, an upload, a wait or a download, and come again",
  },
  hang: {
    title: "Slow upstream",
    what: "300 requests to a route whose upstream never answers; 30 of their clients leave each second, and others come",
  },
  chunks: {
    title: "Tiny chunks",
    what: "4 clients that upload chunks of one byte as fast as they are taken, 160,000 to a request",
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];
