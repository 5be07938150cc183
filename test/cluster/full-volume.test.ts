import { afterAll, describe, expect, test, vi } from "vitest";
import { stateIn } from "../../cli/session.ts";
import { type Account, expectWired, isKnown, signUp } from "../engine/journey.ts";
import { ClusterStack } from "./cluster-stack.ts";
import { missingForCluster } from "./requirements.ts";
import { missingForVolumes, SmallVolumes } from "./small-volumes.ts";

const minutes = 60_000;
const missing = (await missingForCluster()) ?? (await missingForVolumes());
const one = { cpu: "30m", volume: { size: "1Gi" } };

// The tests of this file tell one story and depend on one another's order.
describe("a store whose volume is full, on a real cluster", { timeout: 10 * minutes }, () => {
  const stack = new ClusterStack();
  const volumes = new SmallVolumes(stack.namespace);
  let account: Account = { email: "", password: "" };
  const settings = (postgres: string, kafka: string) => ({
    kubernetes: {
      storageClass: volumes.storageClass,
      postgres: { cpu: "30m", volume: { size: postgres } },
      kafka: { cpu: "30m", brokers: 1, volume: { size: kafka } },
      redis: one,
    },
  });
  const story = (name: string, body: () => Promise<void>) =>
    test(name, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      await body();
    });
  const untilKnown = () =>
    vi.waitFor(async () => expect(await isKnown(stack, account)).toBe(true), {
      timeout: 7 * minutes,
      interval: 2000,
    });
  afterAll(async () => {
    if (missing !== undefined) return;
    await stack.remove();
    await volumes.remove();
  }, 5 * minutes);

  story("comes up on volumes that have an end", async () => {
    await stack.load();
    await volumes.make({ "data-postgres-0": 256, "data-kafka-0": 256 }, [
      "data-mongo-0",
      "data-redis-0",
      "core-public",
      "backups",
    ]);
    stack.vary(settings("256Mi", "256Mi"));
    await stack.up();
    await expectWired(stack, ["/auth", "/core", "/messaging"]);
    account = await signUp(stack);
  });

  story("a full volume is told by `status`; Postgres without room goes down, and `up` says why", async () => {
    await volumes.fill("data-postgres-0");
    const session = await stack.session();
    const state = await stateIn(session);
    const part = async (wanted: string) =>
      (await session.target.parts(state)).find(({ name }) => name === wanted);
    await vi.waitFor(
      async () =>
        expect(await part("volume data-postgres-0")).toMatchObject({
          ok: false,
          status: "100 % full, 256 of 256 MiB",
        }),
      { timeout: 3 * minutes, interval: 2000 },
    );
    // Where its log of changes cannot grow, the server gives up; what that frees is taken at once.
    const change = "SELECT pg_logical_emit_message(true, 'filler', repeat('x', 1000000)), pg_switch_wal()";
    const write = ["exec", "postgres-0", "--", "psql", "-U", "postgres", "-c", change];
    await vi.waitFor(
      async () => {
        await stack.kubectl(...write).catch(() => undefined);
        await volumes.fill("data-postgres-0");
        expect(await part("postgres-0")).toMatchObject({
          ok: false,
          status: expect.stringContaining("CrashLoopBackOff"),
        });
      },
      { timeout: 4 * minutes, interval: 200 },
    );
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await expect(session.target.untilAnswering({})).rejects.toThrow("the platform is not ready");
    const text = said.mock.calls.join("");
    said.mockRestore();
    expect(text).toMatch(/postgres-0: [\s\S]*No space left on device[\s\S]*fix: its volume is full/);
  });

  story("a larger size in the settings is asked of the claim, and nothing else changes", async () => {
    stack.vary(settings("1Gi", "256Mi"));
    const changes = await stack.up();
    expect(changes).toEqual({ update: ["data-postgres-0"] });
    expect(await volumes.asked("data-postgres-0")).toBe("1Gi");
  });

  story("once the volume has grown Postgres comes back by itself, with every row", async () => {
    await volumes.grow("data-postgres-0", 1024);
    await untilKnown();
    await volumes.clear("data-postgres-0");
    await signUp(stack);
    expect(await stack.up()).toEqual({});
  });

  story("so does Kafka", async () => {
    await volumes.fill("data-kafka-0");
    stack.vary(settings("1Gi", "1Gi"));
    expect(await stack.up()).toEqual({ update: ["data-kafka-0"] });
    await volumes.grow("data-kafka-0", 1024);
    await vi.waitFor(() => signUp(stack), { timeout: 7 * minutes, interval: 3000 });
  });

  story("a smaller size is refused by the API server, and nothing has changed", async () => {
    stack.vary(settings("512Mi", "1Gi"));
    await expect(stack.up()).rejects.toThrow(/data-postgres-0[\s\S]*less than/);
    expect(await volumes.asked("data-postgres-0")).toBe("1Gi");
    stack.vary(settings("1Gi", "1Gi"));
    await stack.up();
    expect(await stack.up()).toEqual({});
    await signUp(stack);
  });
});
