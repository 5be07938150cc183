import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pause } from "../support/client.ts";
import { Gateway, type TestRoute } from "../support/gateway.ts";
import { statusOf } from "../support/strict.ts";
import { Upstream } from "../support/upstream.ts";
import { expectProblem, expectServed, get, head, onlyAnswer } from "../support/verdict.ts";

const [plain, judged] = [new Upstream(), new Upstream()];
const gateway = new Gateway();
let health = 200;
let probes = 0;

const route = (name: string, port: number, more: TestRoute = {}): TestRoute => ({
  name,
  host: "127.0.0.1",
  port,
  prefix: name === "rest" ? "/" : `/${name}`,
  strip_prefix: false,
  skip_prefix: [],
  ...more,
});
const routes = () => [
  route("plain", plain.port),
  route("judged", judged.port, { health: { path: "/healthy" } }),
  route("rest", plain.port),
];

beforeAll(async () => {
  await plain.listen();
  await judged.listen();
  judged.answer = ({ socket }, { startLine }) => {
    if (startLine === "GET /healthy HTTP/1.1") probes++;
    socket.end(`HTTP/1.1 ${health} Judged\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  };
  await gateway.start({ slots: 0, routes: routes() });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([plain.close(), judged.close()]);
});

/** The gateway's own word on its readiness, with the names of the upstreams that failed. */
async function readiness(): Promise<{ code: number; status: string; failed: string[] }> {
  const answer = onlyAnswer(await gateway.exchange(get("/_gateway/ready")));
  const { status, upstreams } = JSON.parse(answer.body.toString()) as {
    status: string;
    upstreams: { name: string; status: string }[];
  };
  const failed = upstreams.filter((each) => each.status !== "ok").map(({ name }) => name);
  return { code: statusOf(answer), status, failed };
}
/** Longer than an answer is used again. */
const stale = () => pause(1_100);

describe("/_gateway/ready", () => {
  test("must: 200 while every upstream answers, asked once a second however often the gateway is", async () => {
    await stale();
    const before = probes;
    for (let i = 0; i < 5; i++) expect(await readiness()).toEqual({ code: 200, status: "ok", failed: [] });
    expect(probes).toBe(before + 1);
  });

  test("must: 503 while one says that it is not well, and 200 again afterwards", async () => {
    health = 503;
    await stale();
    expect(await readiness()).toEqual({ code: 503, status: "failed", failed: ["judged"] });
    health = 200;
    await stale();
    expect((await readiness()).code).toBe(200);
  });

  test("must: 503 while one accepts no connection; of another table at once", async () => {
    const away = await new Upstream().listen();
    await away.close();
    await gateway.reload([...routes(), route("away", away.port)]);
    expect(await readiness()).toEqual({ code: 503, status: "failed", failed: ["away"] });
    await gateway.reload(routes());
    expect((await readiness()).code).toBe(200);
  });
});

describe.concurrent("the gateway's own paths", () => {
  test.each(["/_gateway/health", "/_gateway/health?x=1", "/_gateway/ready?x"])(
    "must: %s is one",
    async (path) => {
      expect(statusOf(onlyAnswer(await gateway.exchange(get(path))))).toBe(200);
    },
  );

  test.each([
    ["GET", "/_gateway"],
    ["GET", "/_gateway?x"],
    ["GET", "/_gateway/"],
    ["GET", "/_gateway/other"],
    ["GET", "/_gateway/health/x"],
    ["DELETE", "/_gateway/health"],
    ["OPTIONS", "/_gateway/ready"],
  ])("must: %s %s is 404 and goes to nobody", async (method, path) => {
    expectProblem(onlyAnswer(await gateway.exchange(head(method, path))), 404);
    expect(plain.bytes.includes(`${method} ${path} HTTP`)).toBe(false);
  });

  test.each(["/_gatewayx", "/_gateway-health", "/x/_gateway/health"])(
    "must: %s is none and goes to its route",
    async (path) => {
      expectServed(await gateway.exchange(get(path)));
      expect(plain.bytes.includes(`GET ${path} HTTP`)).toBe(true);
    },
  );
});
