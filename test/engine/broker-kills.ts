import { setTimeout as sleep } from "node:timers/promises";
import { Admin } from "@platformatic/kafka";
import { expect, vi } from "vitest";
import { type Containers, crash, restartsOf } from "./crash.ts";
import type { Account, Fetcher } from "./journey.ts";
import { askForAccount, becomesActive, isActive, logIn, makeProfile } from "./real-journey.ts";

/** A broker that is killed. */
export interface Broker {
  /** Kills it from inside, and returns when somebody has started it anew. */
  kill(): Promise<void>;
  /** Whether it answers. */
  answers(): Promise<boolean>;
}

/** The broker of a stack on an engine. @param port where it is published. */
export const engineBroker = (stack: Containers, port: number): Broker => ({
  async kill() {
    const before = await restartsOf(stack, "kafka-b");
    await crash(stack, "kafka-b");
    await vi.waitFor(async () => expect(await restartsOf(stack, "kafka-b")).toBe(before + 1), {
      timeout: 180_000,
      interval: 250,
    });
  },
  answers: () => answers(port),
});

/** Whether the broker answers at its published port. */
async function answers(port: number): Promise<boolean> {
  const admin = new Admin({
    clientId: "test",
    bootstrapBrokers: [`localhost:${port}`],
    retries: 0,
    connectTimeout: 1000,
    timeout: 2000,
  });
  try {
    return (await admin.metadata({ topics: [], forceUpdate: true })).brokers.size > 0;
  } catch {
    return false;
  } finally {
    await admin.close().catch(() => {});
  }
}

/** Signs people up, one after another, until it is stopped. */
class SignUps {
  /** Answered with 201. */
  readonly made: Account[] = [];
  /** Those that core made a profile of, with the time at which it said so. */
  readonly profiles: { readonly account: Account; readonly at: number }[] = [];
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(stack: Fetcher) {
    this.#done = this.#run(stack);
  }

  async #run(stack: Fetcher): Promise<void> {
    while (!this.#stopped) {
      const asked = await askForAccount(stack);
      await sleep(500);
      if (asked === undefined) continue;
      this.made.push(asked.account);
      // Core waits for its own consumer, too: the profile is asked for until there is one.
      for (let tries = 0; tries < 240; tries++) {
        if (await makeProfile(stack, asked.session)) {
          this.profiles.push({ account: asked.account, at: Date.now() });
          break;
        }
        await sleep(500);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }
}

/** What a kill of the broker came to. */
interface Kill {
  /** From the broker's first answer until an account whose profile was made after it was active. */
  readonly seconds: number;
  /** From there until the last of all accounts was seen to be active: those that were made while it was away, too. */
  readonly allSeconds: number;
  /** How many were answered with 201. */
  readonly accounts: number;
  /** Those of them that never became active, and how far they came. */
  readonly lost: readonly string[];
}

/**
 * Kills the broker from inside while people sign up, and waits until one whose profile was made after its return is active.
 * Then everybody who was answered with 201 must become so.
 */
async function killBroker(stack: Fetcher, broker: Broker): Promise<Kill> {
  const signUps = new SignUps(stack);
  try {
    await sleep(2_000);
    await broker.kill();
    await vi.waitFor(async () => expect(await broker.answers()).toBe(true), {
      // A busy machine takes minutes for what takes seconds; how long the broker needs is not what is measured.
      timeout: 300_000,
      interval: 250,
    });
    const answered = Date.now();
    await vi.waitFor(
      async () => {
        // Records are read in their order: the first one tells.
        const first = signUps.profiles.find(({ at }) => at > answered);
        expect(first && isActive(await logIn(stack, first.account))).toBe(true);
      },
      { timeout: 240_000, interval: 500 },
    );
    const seconds = (Date.now() - answered) / 1000;
    await signUps.stop();
    const lost: string[] = [];
    for (const account of signUps.made) {
      const profile = signUps.profiles.some((each) => each.account === account);
      // Longer than it may take: one that is late is told apart from one that is lost.
      await becomesActive(stack, account, profile ? 90_000 : 1_000).catch(() =>
        lost.push(`${account.email} ${profile ? "has a profile" : "got no profile"}`),
      );
    }
    const allSeconds = (Date.now() - answered) / 1000;
    return { seconds, allSeconds, accounts: signUps.made.length, lost };
  } finally {
    await signUps.stop();
  }
}

/** Longest time from the broker's first answer to an account's activation, seconds. */
const deafSeconds = 60;

/** Kills the broker so many times under sign-ups. Every account must become active, and soon. */
export async function killUnderSignUps(stack: Fetcher, broker: Broker, kills: number): Promise<void> {
  const came: Kill[] = [];
  for (let kill = 1; kill <= kills; kill++) {
    const one = await killBroker(stack, broker);
    came.push(one);
    console.log(
      `kill ${kill}: read ${one.seconds.toFixed(1)} s after the broker answered; ${one.accounts} accounts, all active after ${one.allSeconds.toFixed(1)} s${one.lost.map((who) => `; lost: ${who}`).join("")}`,
    );
  }
  // All are seen before any is judged: one that was slow says little of the others.
  expect(came.flatMap(({ lost }) => lost)).toEqual([]);
  expect(Math.max(...came.map(({ seconds }) => seconds))).toBeLessThanOrEqual(deafSeconds);
}
