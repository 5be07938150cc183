import type Docker from "dockerode";
import { afterAll, describe, expect, test } from "vitest";
import { imageReference } from "../../config/catalogue.ts";
import type { Health } from "../../core/workload.ts";
import { engineAddress, openEngine } from "../../infra/docker/operate/engine.ts";
import { healthCheckOf } from "../../infra/engine/health-check.ts";
import { missingForEngine } from "./requirements.ts";

const image = imageReference("redis", { overrides: {} });
const missing = await missingForEngine([image]);
const engine = openEngine(engineAddress());
const made: Docker.Container[] = [];
afterAll(() => Promise.all(made.map((container) => container.remove({ force: true, v: true }))));

/** A container that is probed as an engine without a start interval probes it; its health is read twice a second. */
async function start(health: Health, command: readonly string[], env: readonly string[] = []) {
  const check = healthCheckOf(health, { startInterval: false, stopGraceSeconds: 4 });
  if (check === undefined) throw new Error("nothing to ask with");
  const nanoseconds = (text: string) => {
    const [, minutes = "0", seconds = "0"] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
    return (Number(minutes) * 60 + Number(seconds)) * 1e9;
  };
  const container = await engine.createContainer({
    Image: image,
    Cmd: [...command],
    Env: [...env],
    HostConfig: { Init: true },
    Healthcheck: {
      Test: [...check.test],
      Interval: nanoseconds(check.interval),
      Timeout: nanoseconds(check.timeout),
      Retries: check.retries,
      StartPeriod: nanoseconds(check.startPeriod),
    },
  });
  made.push(container);
  await container.start();
  /** What it was until it was as wanted, and after how many seconds that is. */
  const until = async (wanted: string) => {
    const begun = performance.now();
    const seen = new Set<string>();
    for (;;) {
      const { State } = await container.inspect();
      const status = State.Health?.Status ?? "none";
      const seconds = (performance.now() - begun) / 1000;
      if (status === wanted) return { seen: [...seen], seconds };
      if (seconds > 100) throw new Error(`still ${status}`);
      seen.add(status);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  };
  const signal = async (name: string) => {
    const exec = await container.exec({
      Cmd: ["sh", "-c", `kill -${name} $(pidof redis-server)`],
      User: "root",
    });
    await exec.start({});
  };
  return { container, until, signal };
}

describe.skipIf(missing !== undefined)("on an engine without a start interval", () => {
  test.concurrent("a slow start has all its time", { timeout: 120_000 }, async () => {
    const slow = "sleep 15; touch /tmp/ready; exec sleep 600";
    const { until } = await start(
      { ready: { shell: "test -e /tmp/ready" }, startupSeconds: 40, everySeconds: 1 },
      ["sh", "-c", slow],
    );
    expect((await until("healthy")).seen).toEqual(["starting"]);
  });

  test.concurrent("what never starts is said once its time is over", { timeout: 120_000 }, async () => {
    const { until } = await start({ ready: { shell: "false" }, startupSeconds: 6, everySeconds: 1 }, [
      "sleep",
      "600",
    ]);
    expect((await until("unhealthy")).seconds).toBeLessThan(40);
  });

  test.concurrent("what hangs is told however long it may take to start, and comes back", {
    timeout: 200_000,
  }, async () => {
    const { until, signal } = await start(
      {
        ready: { shell: "redis-cli ping | grep PONG" },
        startupSeconds: 300,
        everySeconds: 1,
        restSeconds: 3,
        timeoutSeconds: 1,
      },
      ["redis-server"],
    );
    await until("healthy");
    await signal("STOP");
    // 3 s of rest and three answers of a second; the rest is what a busy machine takes.
    const { seconds, seen } = await until("unhealthy");
    expect(seen).toEqual(["healthy"]);
    expect(seconds).toBeLessThan(45);
    await signal("CONT");
    await until("healthy");
  });

  test.concurrent.each([
    ["ends when it is told to", "trap 'exit 7' TERM", 7],
    ["does not end when it is told to is killed", "trap '' TERM", 137],
  ])("what %s", { timeout: 120_000 }, async (_what, trap, code) => {
    // The page that orders an end answers 200: what would ask it stands in for it.
    const orders = "mkdir /tmp/bin; printf '#!/bin/sh\n' >/tmp/bin/wget; chmod +x /tmp/bin/wget";
    const { container } = await start(
      {
        ready: { shell: "test -x /tmp/bin/wget" },
        startupSeconds: 30,
        everySeconds: 1,
        endsOn: { host: "watch", port: 1, path: "/dead" },
      },
      ["sh", "-c", `${trap}; ${orders}; while :; do sleep 1; done`],
      ["PATH=/tmp/bin:/usr/local/bin:/usr/bin:/bin"],
    );
    expect(await container.wait()).toMatchObject({ StatusCode: code });
  });
});
