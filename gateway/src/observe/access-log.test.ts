import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { AccessLog, type AccessRecord } from "./access-log.ts";
import { redactPath, redactQuery } from "./redact.ts";

const record: AccessRecord = {
  id: "1",
  method: "GET",
  target: "/auth/account?x=1",
  status: 200,
  durationMs: 1.26,
  bytesIn: 0,
  bytesOut: 12,
  route: "auth-service",
  client: "127.0.0.1",
};
function lines(run: (log: AccessLog) => void): Record<string, unknown>[] {
  let text = "";
  const log = new AccessLog({
    write: (more) => {
      text += more;
    },
  });
  run(log);
  log.flush();
  expect(text.endsWith("\n") || text === "").toBe(true);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("a line", () => {
  test("says what happened", () => {
    const before = Date.now();
    const [line] = lines((log) =>
      log.request({ ...record, upgrade: true, upstream: "a:1", traceId: "t", outcome: "shed" }),
    );
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      event: "request",
      id: "1",
      method: "GET",
      path: "/auth/account",
      query: "x=1",
      status: 200,
      ms: 1.3,
      bytesIn: 0,
      bytesOut: 12,
      client: "127.0.0.1",
      route: "auth-service",
      upstream: "a:1",
      trace: "t",
      outcome: "shed",
      upgrade: true,
    });
    expect(Math.abs(Date.parse(line?.time as string) - before)).toBeLessThan(2000);
  });

  test("says where the time went, as far as it is known", () => {
    let text = "";
    const log = new AccessLog({ write: (more) => (text += more) });
    log.request({
      ...record,
      queueMs: 0,
      connectMs: 0.44,
      firstByteMs: 12.36,
      upstreamMs: 20,
      retries: 2,
      close: "idle",
    });
    log.request({ ...record, queueMs: undefined, firstByteMs: 3, retries: 0 });
    log.flush();
    const [whole, part] = text.split("\n");
    expect(whole).toContain(
      '"ms":1.3,"queueMs":0,"connectMs":0.4,"firstByteMs":12.4,"upstreamMs":20,"retries":2,"close":"idle","bytesIn":0',
    );
    expect(part).toContain('"ms":1.3,"firstByteMs":3,"bytesIn":0');
  });

  test("has the time it was written at, also across seconds", () => {
    vi.useFakeTimers();
    try {
      for (const at of [1_700_000_000_999, 1_700_000_001_000, 1_700_000_001_007, 1_700_000_001_070, 0]) {
        vi.setSystemTime(at);
        expect(lines((log) => log.request(record))[0]?.time).toBe(new Date(at).toISOString());
      }
      const log: string[] = [];
      const one = new AccessLog({ write: (more) => log.push(more) });
      for (const at of [1_700_000_000_999, 1_700_000_000_007, 1_699_999_999_999]) {
        vi.setSystemTime(at);
        one.request(record);
        one.flush();
        expect(JSON.parse(log.at(-1) as string).time).toBe(new Date(at).toISOString());
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test("is one valid JSON line whatever bytes were sent", () => {
    const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)) });
    const any = fc.oneof(
      bytes,
      fc.string({ unit: "binary" }),
      fc.constantFrom('"', "\\", "\n", "\u2028", '","status":200'),
    );
    fc.assert(
      fc.property(any, any, any, any, fc.double(), (id, method, target, text, ms) => {
        const texts = {
          client: text,
          route: text,
          upstream: text,
          traceId: text,
          outcome: text,
          close: text,
        };
        const times = {
          durationMs: ms,
          queueMs: ms,
          connectMs: ms,
          firstByteMs: ms,
          upstreamMs: ms,
          retries: ms,
        };
        const found = lines((log) => log.request({ ...record, id, method, target, ...texts, ...times }));
        expect(found).toHaveLength(1);
        expect(found[0]).toMatchObject({ event: "request", status: 200 });
      }),
      { numRuns: 2000 },
    );
  });

  test("escapes what would end it, or a text in it", () => {
    const texts = { id: 'a"b', method: "G\\T", target: '/x"\n{?y\r"\u2028', client: "\u00e9" };
    expect(lines((log) => log.request({ ...record, ...texts }))).toMatchObject([
      { id: 'a"b', method: "G\\T", path: '/x"\n{', query: 'y\r"\u2028', client: "\u00e9" },
    ]);
  });

  test("is bounded in length", () => {
    const [line] = lines((log) =>
      log.request({ ...record, target: `/${"a".repeat(1e6)}?${"b".repeat(1e6)}` }),
    );
    expect(JSON.stringify(line).length).toBeLessThan(10_000);
  });
});

describe("secrets", () => {
  test.each([
    ["token=T&vsn=2.0.0", "token=REDACTED&vsn=2.0.0"],
    ["x=1&access_token=T", "x=1&access_token=REDACTED"],
    ["%74oken=T", "%74oken=REDACTED"],
    ["%2574oken=T", "%2574oken=REDACTED"],
    ["%74oken%ff=T", "%74oken%ff=REDACTED"],
    ["TOKEN=T", "TOKEN=REDACTED"],
    ["user[password]=T", "user[password]=REDACTED"],
    ["a=1;token=T", "a=1;token=REDACTED"],
    ["next=/x?token=T", "next=REDACTED"],
    ["next=%2Fx%3Ftoken%3DT", "next=REDACTED"],
    ["token%3DT", "REDACTED"],
    ["Authorization=Bearer%20T", "Authorization=REDACTED"],
    ["token=T=U", "token=REDACTED"],
    ["api_key=T", "api_key=REDACTED"],
    ["author=me&key=v&page=%32", "author=me&key=v&page=%32"],
    ["token", "token"],
    ["", ""],
  ])("%s is logged as %s", (query, expected) => expect(redactQuery(query)).toBe(expected));

  test("a line holds none, neither of the query nor of the path", () => {
    const target = "http://user:S3CR3T@host/x?page=1&token=S3CR3T";
    expect(lines((log) => log.request({ ...record, target }))).toMatchObject([
      { path: "http://REDACTED@host/x", query: "page=1&token=REDACTED" },
    ]);
  });

  test("the value of a secret never comes through, wherever it stands", () => {
    const noise = fc.constantFrom("a=1", "", "b", "%zz=1", "=", "c=%ff");
    const name = fc.constantFrom("token", "%74oken", "TOKEN", "access_token", "password", "to%6ben");
    fc.assert(
      fc.property(
        fc.array(noise),
        name,
        fc.constantFrom("&", ";"),
        fc.array(noise),
        (before, key, sep, after) => {
          expect(redactQuery([...before, `${key}=S3CR3T`, ...after].join(sep))).not.toContain("S3CR3T");
        },
      ),
    );
  });

  test.each([
    ["http://user:pw@host/x", "http://REDACTED@host/x"],
    ["//user:pw@host/x", "//REDACTED@host/x"],
    ["/users/a@b.org", "/users/a@b.org"],
  ])("%s as %s", (path, expected) => expect(redactPath(path)).toBe(expected));
});

describe("output", () => {
  test("requests can be left out, events stay", () =>
    expect(
      (() => {
        let text = "";
        const log = new AccessLog({ requests: false, write: (more) => (text += more) });
        log.request(record);
        log.event("listening", { port: 1 });
        log.flush();
        return text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line).event);
      })(),
    ).toEqual(["listening"]));

  test("lines that find no room are counted, and a later line says so", () => {
    let room = false;
    let text = "";
    const log = new AccessLog({
      write: (more) => {
        if (room) text += more;
        return room;
      },
    });
    for (let i = 0; i < 3; i++) log.request(record);
    log.flush();
    expect(log.dropped).toBe(3);
    room = true;
    // Once is enough.
    for (let i = 0; i < 2; i++) {
      log.request(record);
      log.flush();
    }
    const found = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(found).toMatchObject([
      { event: "log-lines-dropped", lines: 3 },
      { event: "request" },
      { event: "request" },
    ]);
  });

  test("at the end what is gathered is handed over", async () => {
    const write = vi.fn();
    const log = new AccessLog({ write });
    log.request(record);
    await log.close();
    expect(write).toHaveBeenCalledTimes(1);
  });

  test("lines are gathered, and handed over a moment later by themselves", () => {
    vi.useFakeTimers();
    try {
      const write = vi.fn();
      const log = new AccessLog({ write });
      for (let i = 0; i < 3; i++) log.request(record);
      expect(write).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1_000);
      expect(write).toHaveBeenCalledTimes(1);
      expect(write.mock.calls[0]?.[0].split("\n")).toHaveLength(4);
    } finally {
      vi.useRealTimers();
    }
  });

  /** A process that logs `count` requests to a pipe nobody reads, then tells how it went on standard error. */
  const flood = (count: number, pause: string) =>
    spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { AccessLog } from ${JSON.stringify(fileURLToPath(new URL("access-log.ts", import.meta.url)))};
         const log = new AccessLog();
         const record = ${JSON.stringify(record)};
         const start = performance.now();
         for (let i = 0; i < ${count}; i++) { log.request({ ...record, id: String(i) }); if (i % 1000 === 0) ${pause}; }
         console.error(JSON.stringify({ ms: performance.now() - start, dropped: log.dropped, rss: process.memoryUsage.rss() }));
         await log.close();`,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );

  test("a reader that stops costs lines, not time or memory, and what is written is whole", async () => {
    const child = flood(300_000, "await new Promise(setImmediate)");
    let report = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (report += text));
    child.stdout.pause();
    while (!report.includes("}")) await new Promise((resolve) => setTimeout(resolve, 20));
    const { dropped, rss } = JSON.parse(report);
    expect(dropped).toBeGreaterThan(100_000);
    expect(rss).toBeLessThan(200 * 1024 * 1024);
    let text = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) text += chunk;
    const ids = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === "request");
    expect(ids.length + dropped).toBeGreaterThanOrEqual(300_000 - 200);
    expect(ids.length + dropped).toBeLessThanOrEqual(300_000);
  });

  test("a reader that keeps up gets every line in order", async () => {
    const child = flood(20_000, "await new Promise((next) => setTimeout(next, 20))");
    let text = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) text += chunk;
    const ids = text
      .trim()
      .split("\n")
      .map((line) => Number(JSON.parse(line).id));
    expect(ids).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
  });
});
