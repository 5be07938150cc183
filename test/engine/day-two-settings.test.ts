import { afterAll, describe, expect } from "vitest";
import { settingChanges as changes } from "../../docs/day-two.ts";
import { DayTwoStack } from "./day-two/stack.ts";

const minutes = 60_000;
const path = (name: string) => ["--path", name];

// The tests of this file tell one story and depend on one another's order.
describe("secrets, settings and places of a stack that runs", { timeout: 10 * minutes }, () => {
  const stack = new DayTwoStack("settings", { stores: ["postgres"] });
  const note = () => stack.sql("guests", "SELECT text FROM kept");
  const secret = async (name: string) => (await stack.beat("secrets", "show", name)).said;

  afterAll(() => stack.remove(), 5 * minutes);

  stack.story("it has data", async () => {
    await stack.up();
    await stack.sql("guests", "SET ROLE guest_service; CREATE TABLE kept AS SELECT 'written' AS text");
    expect(await note()).toBe("written");
  });

  stack.story(changes.secretRenamed.what, async () => {
    await stack.change(changes.secretRenamed, { notes: { secret: "word" } });
    expect(await secret("notes-service-word")).toMatch(/^\w{20,}$/);
    await stack.back();
  });

  stack.story(changes.secretHandedOver.what, async () => {
    const made = await secret("postgres-guest-service");
    const at = path("platform:secrets.postgres-guest-service");
    await stack.config(["set", "--secret", ...at], "GivenByHand2026xyz");
    await stack.change(changes.secretHandedOver, {});
    expect(await secret("postgres-guest-service")).toBe("GivenByHand2026xyz");
    await stack.config(["rm", ...at]);
    await stack.up();
    expect(await secret("postgres-guest-service")).not.toBe("GivenByHand2026xyz");
    expect(await secret("postgres-guest-service")).not.toBe(made);
    expect(await note()).toBe("written");
  });

  stack.story(changes.ownSecretHandedOver.what, async () => {
    const made = await secret("notes-service-key");
    const at = path("platform:secrets.notes-service-key");
    await stack.config(["set", "--secret", ...at], "GivenByHand2026xyz");
    await stack.change(changes.ownSecretHandedOver, {});
    expect(await secret("notes-service-key")).toBe("GivenByHand2026xyz");
    expect(await stack.inside("notes-service", "printenv", "KEY")).toBe("GivenByHand2026xyz");
    await stack.config(["rm", ...at]);
    await stack.up();
    expect(await secret("notes-service-key")).toBe(made);
    await stack.rest();
  });

  stack.story(changes.administratorHandedOver.what, async () => {
    const made = await secret("postgres-admin");
    const at = path("platform:secrets.postgres-admin");
    await stack.config(["set", "--secret", ...at], "GivenByHand2026xyz");
    await stack.refuse(changes.administratorHandedOver, {});
    await stack.config(["rm", ...at]);
    await stack.up();
    expect(await secret("postgres-admin")).toBe(made);
    expect(await note()).toBe("written");
  });

  stack.story(changes.memoryChanged.what, async () => {
    const at = path("platform:services.guest-service.memoryMiB");
    await stack.config(["set", ...at, "160"]);
    await stack.change(changes.memoryChanged, {});
    await stack.config(["rm", ...at]);
    await stack.up();
    expect(await note()).toBe("written");
  });

  stack.story(changes.membersOnEngine.what, async () => {
    const at = path("platform:kubernetes.kafka.brokers");
    await stack.config(["set", ...at, "3"]);
    await stack.refuse(changes.membersOnEngine, {});
    await stack.config(["rm", "platform:kubernetes"]);
  });

  stack.story(changes.platformRenamed.what, async () => {
    await stack.refuse(changes.platformRenamed, { name: "beat-other" });
  });

  stack.story(changes.targetMoved.what, async () => {
    await stack.config(["set", "platform:target", "kubernetes"]);
    try {
      await stack.refuse(changes.targetMoved, {});
    } finally {
      await stack.config(["set", "platform:target", "docker"]);
    }
    await stack.back();
    await stack.rest();
    expect(await note()).toBe("written");
  });
});
