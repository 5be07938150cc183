import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { Cursor } from "../../operate/logs/cursor.ts";
import { history } from "../../operate/logs/history.ts";
import { follow } from "../../operate/logs/live.ts";
import { openCluster } from "./client.ts";
import { ClusterLogs } from "./logs.ts";

interface TestPod {
  readonly name: string;
  readonly component: string;
  readonly containers: readonly string[];
  readonly init?: readonly string[];
  restarts?: number;
}

/** What the API server has: pods, and the log of `<pod>/<container>`, of the one before as `<pod>/<container> previous`. */
let pods: TestPod[] = [];
let logs: Record<string, string[] | number> = {};
/** Answers that are still open, by log. */
const open = new Map<string, ServerResponse>();
const asked: string[] = [];

const podOf = ({ name, component, containers, init = [], restarts = 0 }: TestPod) => {
  const statuses = (names: readonly string[]) =>
    names.map((each) => ({
      name: each,
      ready: true,
      image: "i",
      imageID: "i",
      restartCount: restarts,
      containerID: `containerd://${name}-${each}-${restarts}`,
      state: { running: {} },
    }));
  return {
    metadata: { name, uid: `uid-${name}`, labels: { "app.kubernetes.io/component": component } },
    spec: {
      containers: containers.map((each) => ({ name: each })),
      initContainers: init.map((each) => ({ name: each })),
    },
    status: {
      phase: "Running",
      containerStatuses: statuses(containers),
      initContainerStatuses: statuses(init),
    },
  };
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "", "http://localhost");
  const pod = /\/pods\/([^/]+)\/log$/.exec(url.pathname)?.[1];
  if (pod === undefined) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata: {}, items: pods.map(podOf) }));
    return;
  }
  const query = url.searchParams;
  asked.push(`${pod} ${decodeURIComponent(url.search)}`);
  const log = `${pod}/${query.get("container")}`;
  const found = logs[query.has("previous") ? `${log} previous` : log];
  if (!Array.isArray(found)) {
    response.writeHead(found ?? 400, { "content-type": "application/json" });
    response.end(JSON.stringify({ message: "it waits to start" }));
    return;
  }
  const since = query.get("sinceTime") ?? "";
  const lines = found.filter((line) => line.slice(0, 19) >= since.slice(0, 19));
  const tail = query.get("tailLines");
  const shown = tail === null ? lines : lines.slice(-Number(tail));
  response.writeHead(200, { "content-type": "text/plain" });
  response.write(shown.map((line) => `${line}\n`).join(""));
  if (query.has("follow")) open.set(log, response);
  else response.end();
}

const server = createServer(answer).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const folder = mkdtempSync(join(tmpdir(), "beat-kube-"));
const file = join(folder, "config");
writeFileSync(
  file,
  JSON.stringify({
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [
      { name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
    ],
    users: [{ name: "u", user: { token: "t0ken" } }],
  }),
);
vi.stubEnv("KUBECONFIG", file);
const place = new ClusterLogs(openCluster({}), "beat");

beforeEach(() => {
  pods = [];
  logs = {};
  asked.length = 0;
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

async function past(options: { tail?: number; since?: number } = {}): Promise<string[]> {
  const readings = (await place.sources()).map((source) => ({ source, cursor: new Cursor(options) }));
  const told: string[] = [];
  for await (const { source, text } of history(readings, { signal: new AbortController().signal }))
    told.push(`${source.label} ${text}`);
  return told;
}

test("all containers of all pods are told in the order of time; one that waits has no log", async () => {
  pods = [
    { name: "auth-1", component: "auth-service", containers: ["auth"], init: ["consumer-watch"] },
    { name: "core-1", component: "core-service", containers: ["core"] },
    { name: "core-2", component: "core-service", containers: ["core"] },
  ];
  logs = {
    "auth-1/auth": ["2026-11-28T16:00:02.000000001Z b", "2026-11-28T16:00:04Z d"],
    "auth-1/consumer-watch": ["2026-11-28T16:00:05Z e"],
    "core-1/core": ["2026-11-28T16:00:01Z a", "2026-11-28T17:00:03.5+01:00 c"],
  };
  expect(await past()).toEqual(["core-1 a", "auth-1 b", "core-1 c", "auth-1 d", "auth-1/consumer-watch e"]);
  const parts = (await place.sources()).map(({ part, aliases, beside }) => [part, ...aliases, beside]);
  expect(parts).toEqual([
    ["auth-service", "auth-1", undefined],
    ["consumer-watch-auth-service", "auth-1", true],
    ["core-service", "core-1", undefined],
    ["core-service", "core-2", undefined],
  ]);
});

test("of a container that was restarted the lines before its end come first, as many as are wanted in all", async () => {
  pods = [{ name: "core-1", component: "core-service", containers: ["core"], restarts: 2 }];
  logs = {
    "core-1/core previous": ["2026-11-28T16:00:01Z a", "2026-11-28T16:00:02Z panic: oh"],
    "core-1/core": ["2026-11-28T16:00:04Z c"],
  };
  expect(await past()).toEqual(["core-1 a", "core-1 panic: oh", "core-1 c"]);
  expect(await past({ tail: 2 })).toEqual(["core-1 panic: oh", "core-1 c"]);
});

test("what may not be read is told with the API server's words", async () => {
  pods = [{ name: "core-1", component: "core-service", containers: ["core"] }];
  logs = { "core-1/core": 403 };
  await expect(past()).rejects.toThrow("403 it waits to start");
  pods.push({ name: "core-2", component: "core-service", containers: ["core"] });
  logs["core-2/core"] = ["2026-11-28T16:00:01Z a"];
  const readings = (await place.sources()).map((source) => ({ source, cursor: new Cursor() }));
  const told: string[] = [];
  const onFault = ({ label }: { readonly label: string }, { message }: Error) =>
    told.push(`${label}: ${message}`);
  for await (const { text } of history(readings, { onFault, signal: new AbortController().signal }))
    told.push(text);
  expect(told).toEqual(["core-1: 403 it waits to start", "a"]);
});

test("a log is followed over a restart and a successor, without a line lost or told twice", async () => {
  pods = [{ name: "core-1", component: "core-service", containers: ["core"] }];
  logs = { "core-1/core": ["2026-11-28T16:00:01.1Z a", "2026-11-28T16:00:01.2Z b"] };
  const ended = new AbortController();
  const readings = (await place.sources()).map((source) => ({ source, cursor: new Cursor() }));
  const told: string[] = [];
  for await (const { text } of history(readings, { signal: ended.signal })) told.push(text);
  const end = follow({
    place,
    readings,
    first: {},
    chooses: () => true,
    tell: ({ text }) => told.push(text),
    note: (words) => told.push(words),
    signal: ended.signal,
  });
  await expect.poll(() => open.has("core-1/core")).toBe(true);
  const [pod] = pods;
  if (pod === undefined) throw new Error("no pod");
  // It ends with a last word that the stream does not give any more.
  open.get("core-1/core")?.end("2026-11-28T16:00:01.3Z c\n");
  open.delete("core-1/core");
  pod.restarts = 1;
  logs = {
    "core-1/core previous": [
      ...(logs["core-1/core"] as string[]),
      "2026-11-28T16:00:01.3Z c",
      "2026-11-28T16:00:01.4Z d",
    ],
    "core-1/core": ["2026-11-28T16:00:02Z e"],
  };
  await expect.poll(() => told, { timeout: 5000 }).toEqual(["a", "b", "c", "d", "e"]);
  // Whole seconds are all that a kubelet is told.
  expect(asked.at(-1)).toContain("sinceTime=2026-11-28T16:00:01.000Z");
  pods = [pod, { name: "core-2", component: "core-service", containers: ["core"] }];
  logs["core-2/core"] = ["2026-11-28T16:00:03Z f"];
  await expect.poll(() => told, { timeout: 5000 }).toEqual(["a", "b", "c", "d", "e", "f"]);
  await sleep(50);
  ended.abort();
  await end;
  expect(told.length).toBe(6);
}, 15_000);
