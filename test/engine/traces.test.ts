import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { afterAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { dockerSettings } from "../settings.ts";
import { standIn, standInBase } from "./dashboards-standin.ts";
import { describeContainers } from "./diagnosis.ts";
import { buildImage } from "./images.ts";
import { signUp } from "./journey.ts";
import { imagesOfStack, missingForEngine } from "./requirements.ts";
import { TestStack } from "./test-stack.ts";

const missing = await missingForEngine([...imagesOfStack({ devTools: false }), standInBase]);
const minutes = 60_000;
const reference = "localhost/beat-test-dashboards:1";
const page = "http://localhost:13001";

interface Span {
  readonly service: string;
  readonly traceId: string;
  readonly name: string;
  readonly kind: number;
}

// The tests of this file tell one story and depend on one another's order.
describe("what a stack with dashboards sends and is asked", { timeout: 10 * minutes }, () => {
  const stack = new TestStack();
  stack.settings = dockerSettings({
    "platform:source": "sample",
    "platform:environment": "Development",
    "platform:ports": JSON.stringify({
      gateway: 19000,
      dashboards: 13001,
      postgres: false,
      mongo: false,
      redis: false,
      kafka: 19094,
      mongoExpress: false,
    }),
    "platform:images": JSON.stringify({ overrides: { otelLgtm: { reference } } }),
    // The exporters have a test of their own.
    "platform:observability": JSON.stringify({ dev: true, metrics: false }),
  });
  const story = (name: string, body: () => Promise<void>) =>
    test(name, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      try {
        await body();
      } catch (error) {
        await describeContainers(stack.engine, stack.prefix);
        throw error;
      }
    });

  afterAll(async () => {
    if (missing !== undefined) return;
    if (!stack.destroyed) await stack.destroy();
    await execa(process.env.CONTAINER_TOOL ?? "docker", ["rmi", "-f", reference], { reject: false });
  }, 10 * minutes);

  story("the container with dashboards comes up and has its files", async () => {
    await buildImage(reference, standIn);
    await stack.up();
    const file = async (path: string) => (await fetch(`${page}/?file=${path}`)).text();
    const { scrape_configs: scrapes } = parse(await file("/otel-lgtm/prometheus.yaml")) as {
      scrape_configs: { job_name: string }[];
    };
    expect(scrapes.map(({ job_name: job }) => job)).toContain("gateway");
    const provider = await file("/otel-lgtm/grafana/conf/provisioning/dashboards/beat.yaml");
    expect(provider).toContain("/otel-lgtm/beat/dashboards");
  });

  story("a sign-up is one trace of the gateway, auth, core and messaging, through Kafka", async () => {
    const traceId = randomBytes(16).toString("hex");
    const traced = {
      fetch: (path: string, init: RequestInit = {}) =>
        stack.fetch(path, {
          ...init,
          headers: { ...(init.headers as object), traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
        }),
    };
    await signUp(traced);
    await vi.waitFor(
      async () => {
        const all = (await (await fetch(`${page}/spans`)).json()) as Span[];
        const found = all
          .filter((span) => span.traceId === traceId)
          .map(({ service, name, kind }) => `${service}: ${kind === 2 ? "request" : name}`);
        expect([...new Set(found)].sort()).toEqual([
          "auth-service: process auth_events",
          "auth-service: request",
          "auth-service: send auth_events",
          "auth-service: send messaging_events_email",
          "core-service: process auth_events",
          "core-service: request",
          "core-service: send auth_events",
          "gateway: request",
          "messaging-service: process auth_events",
          "messaging-service: process messaging_events_email",
          "messaging-service: process messaging_notifications_events",
          "messaging-service: request",
          "messaging-service: send messaging_notifications_events",
        ]);
      },
      { timeout: 60_000, interval: 1000 },
    );
  });
});
