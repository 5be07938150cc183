import { afterAll, describe, expect, test, vi } from "vitest";
import { containersOf } from "../../infra/docker/operate/engine.ts";
import { engineBroker, killUnderSignUps } from "./broker-kills.ts";
import { crash, restartsOf } from "./crash.ts";
import { describeContainers } from "./diagnosis.ts";
import type { Account } from "./journey.ts";
import { readdress } from "./readdress.ts";
import { type Candidate, candidates, imageOf, realOnes, sourcesFor } from "./real-images.ts";
import { isActive, journey, logIn } from "./real-journey.ts";
import { imagesOfStack, missingForEngine } from "./requirements.ts";
import { TestStack } from "./test-stack.ts";

const minutes = 60_000;
/** How often the broker is killed; the whole trial is twenty times, and takes half an hour. */
const kills = Number(process.env.BROKER_KILLS ?? 2);

const missingEngine = await missingForEngine(imagesOfStack({ devTools: true }));
const real = missingEngine === undefined ? await realOnes() : [];
const samples = candidates.filter((name) => !real.includes(name));
const missing =
  missingEngine ??
  (real.length === 0
    ? `neither ${candidates.map(imageOf).join(" nor ")} is on the engine: both are built by whoever has their code`
    : undefined);
const who =
  real.length === 0
    ? "the real services"
    : `real ${real.join(", ")}; samples: core-service${samples.map((name) => `, ${name} (no ${imageOf(name)})`).join("")}`;

/** Which are real, one after another: every service goes from sample to real and back, whichever it begins as. */
const orders: readonly (readonly Candidate[])[] =
  real.length === 2
    ? [["auth-service"], ["messaging-service"], ["auth-service"], real, [], real]
    : [[], real, [], real];

// The tests of this file tell one story and depend on one another's order.
describe(`the platform with ${who}`, () => {
  const stack = new TestStack();
  let now: readonly Candidate[] = [];
  /** The accounts that were made, by whether auth was real. */
  const accounts = new Map<boolean, Account[]>([
    [true, []],
    [false, []],
  ]);
  const story = (name: string, body: () => Promise<void>, timeout = 10 * minutes) =>
    test(name, { timeout }, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      try {
        await body();
      } catch (error) {
        await describeContainers(stack.engine, stack.prefix);
        throw error;
      }
    });
  const travel = async (): Promise<void> => {
    const realMessaging = now.includes("messaging-service");
    const account = await journey({ stack, host: new URL(stack.base).host, realMessaging });
    accounts.get(now.includes("auth-service"))?.push(account);
  };
  const allKnown = async (): Promise<void> => {
    for (const account of accounts.get(now.includes("auth-service")) ?? [])
      expect(isActive(await logIn(stack, account)), `${account.email} is known and active`).toBe(true);
  };

  afterAll(async () => {
    if (missing === undefined) await stack.destroy();
  }, 3 * minutes);

  for (const [index, wanted] of orders.entries())
    story(
      `${index + 1}. with ${wanted.join(" and ") || "samples alone"}, on the data of before`,
      async () => {
        stack.settings = { ...stack.settings, services: sourcesFor(wanted) };
        await stack.up();
        now = wanted;
        await allKnown();
        await travel();
        expect(await stack.up({ refresh: true })).toEqual({});
        expect(await stack.up({ refresh: true })).toEqual({});
      },
    );

  for (const store of ["postgres", "mongo", "redis", "kafka-b"])
    story(`${store} crashes and comes back, and nothing is lost`, async () => {
      const before = await restartsOf(stack, store);
      await crash(stack, store);
      await vi.waitFor(
        async () => {
          expect(await restartsOf(stack, store)).toBe(before + 1);
          const [found] = (await containersOf(stack.engine, stack.prefix)).filter(
            ({ name }) => name === store,
          );
          expect(found?.ok, found?.status).toBe(true);
        },
        { timeout: 2 * minutes, interval: 500 },
      );
      // Consumers that went deaf have a minute and the time of a start.
      await vi.waitFor(travel, { timeout: 4 * minutes, interval: 1_000 });
      await allKnown();
      expect(await stack.up({ refresh: true })).toEqual({});
    });

  story("auth comes back at another address, and messaging takes its tokens at once", async () => {
    const release = await readdress(stack, "auth-service");
    try {
      await vi.waitFor(
        async () => {
          const session = await logIn(stack, accounts.get(true)?.[0] ?? { email: "", password: "" });
          const headers = { authorization: `Bearer ${session?.token}` };
          const answer = await stack.fetch("/messaging/notifications", { headers });
          expect(`${answer.status} ${await answer.text()}`).toMatch(/^200 /);
        },
        { timeout: 20_000, interval: 500 },
      );
    } finally {
      await release();
    }
  });

  story(
    `the broker is killed ${kills} times under sign-ups, and every account becomes active`,
    async () => {
      const broker = engineBroker(stack, stack.settings.ports.kafka || 0);
      await killUnderSignUps(stack, broker, kills);
    },
    (5 + 4 * kills) * minutes,
  );
});
