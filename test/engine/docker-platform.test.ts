import { execa } from "execa";
import { afterAll, describe, expect, test, vi } from "vitest";
import type { PlatformModel } from "../../config/define/model.ts";
import { containersOf, objectsOf } from "../../infra/docker/operate/engine.ts";
import { crash, restartsOf } from "./crash.ts";
import { describeContainers } from "./diagnosis.ts";
import { echoed } from "./echo.ts";
import fourServices from "./fourth-service.ts";
import { alpine, buildImage, imageOfVersion, inheritingImage } from "./images.ts";
import { type Account, expectWired, isKnown, signUp } from "./journey.ts";
import { imagesOfStack, missingForEngine } from "./requirements.ts";
import { tablesIn } from "./tables.ts";
import { basePlatform, TestStack } from "./test-stack.ts";
import { ArgvWatch, findInImage } from "./watch.ts";

const missing = await missingForEngine([...imagesOfStack({ devTools: true }), alpine]);
const minutes = 60_000;
const services = ["/auth", "/core", "/messaging"];
const tool = process.env.CONTAINER_TOOL ?? "docker";

// The tests of this file tell one story and depend on one another's order.
describe("the docker target on a real engine", { timeout: 5 * minutes }, () => {
  const stack = new TestStack();
  let account: Account = { email: "", password: "" };
  let argv: ReadonlySet<string> = new Set();
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
  const varied = (services: Partial<PlatformModel["services"]>): PlatformModel =>
    ({ ...basePlatform, services: { ...basePlatform.services, ...services } }) as PlatformModel;
  const service = (name: string) => basePlatform.services[name] as PlatformModel["services"][string];

  afterAll(async () => {
    if (missing === undefined) {
      if (!stack.destroyed) await stack.destroy();
      await execa(tool, ["rmi", "-f", ...["1", "2", "3"].map((tag) => `localhost/beat-test-core:${tag}`)], {
        reject: false,
      });
    }
  }, 3 * minutes);

  story("comes up, wired", async () => {
    const watch = new ArgvWatch(stack.engine, stack.prefix);
    await stack.up();
    argv = await watch.stop();
    const ready = await stack.fetch("/_gateway/ready");
    expect(await ready.json()).toMatchObject({ status: "ok" });
    await expectWired(stack, services);
  });

  story("a sign-up travels through gateway, auth, Kafka, core and messaging", async () => {
    account = await signUp(stack);
  });

  story("routes as the design says", async () => {
    const status = async (path: string) => (await stack.fetch(path, { redirect: "manual" })).status;
    expect(await status("/auth/.well-known/jwks.json")).toBe(200);
    expect(await status("/auth/swagger/index.html")).toBe(200);
    expect(await status("/core/api/v1/health")).toBe(200);
    expect(await status("/core/health")).toBe(200);
    expect(await status("/messaging/api/v1/groups/public")).toBe(401);
    expect(await status("/public/default/avatar.png")).toBe(200);
    expect(await status("/core/public/default/avatar.png")).toBe(200);
    expect(await status("/core/public/adverts")).toBe(200);
    expect(await status("/auth/account/groups/permissions")).toBe(404);
    expect(await status("/auth/api/v1/account/groups/permissions")).toBe(404);
    expect(await status("/authors")).toBe(404);
    const redirect = await stack.fetch("/auth/swagger", { redirect: "manual" });
    expect(redirect.headers.get("location")).toBe("/auth/swagger/index.html");
  });

  story("a WebSocket needs a token and echoes", async () => {
    const login = await stack.fetch("/auth/account/token", { method: "POST", body: JSON.stringify(account) });
    const { access_token: token } = (await login.json()) as { access_token: string };
    const open = (query: string) => echoed(`ws://localhost:19000/socket/websocket?${query}`);
    expect(await open(`token=${token}&vsn=2.0.0`)).toBe("hello");
    expect(await open("token=wrong")).toBe("403");
  });

  story("a second up changes nothing, and neither does one with a refresh", async () => {
    expect(await stack.up()).toEqual({});
    expect(await stack.up({ refresh: true })).toEqual({});
  });

  story("no secret shows where it must not", async () => {
    const secrets = await stack.secrets();
    expect(secrets.size).toBeGreaterThanOrEqual(8);
    const state = await stack.exported();
    for (const [name, value] of secrets)
      expect(state.includes(value.slice(0, 60)), `${name} in the state`).toBe(false);
    const watch = new ArgvWatch(stack.engine, stack.prefix);
    // A line of the key, since files and logs may wrap it differently.
    const values = new Map(
      [...secrets].map(([name, value]) => [
        name,
        value.split("\n").find((line) => !line.startsWith("-")) ?? "",
      ]),
    );
    const outputs = await stack.outputs();
    const containers = await containersOf(stack.engine, stack.prefix);
    for (const { id, name } of containers) {
      const container = stack.engine.getContainer(id);
      const inspected = JSON.stringify(await container.inspect());
      const log = (await container.logs({ stdout: true, stderr: true })).toString();
      for (const [secret, value] of values) {
        // A service reads its own passwords from its environment; nobody else may have them.
        const own = secret.endsWith(name) || secret.startsWith(`${name}-key`);
        if (!own) expect(inspected.includes(value), `${secret} in docker inspect ${name}`).toBe(false);
        expect(log.includes(value), `${secret} in the log of ${name}`).toBe(false);
        expect(outputs.includes(value), `${secret} in the outputs`).toBe(false);
      }
    }
    for (const image of ["gateway", "provision", "sample"]) {
      const reference = `localhost/${stack.prefix}-${image}:latest`;
      expect(await findInImage(stack.engine, reference, values), reference).toEqual([]);
      const history = JSON.stringify(await stack.engine.getImage(reference).history());
      for (const [secret, value] of values)
        expect(history.includes(value), `${secret} in ${reference}`).toBe(false);
    }
    const seen = [...argv, ...(await watch.stop())];
    // The watch is worth something only if it saw provisioners and what health checks start.
    expect(seen.some((line) => line.includes("provision.mjs"))).toBe(true);
    expect(seen.some((line) => line.includes("psql"))).toBe(true);
    for (const [secret, value] of values)
      expect(
        seen.filter((line) => line.includes(value)),
        `${secret} in an argv`,
      ).toEqual([]);
  });

  story("a container removed by hand is repaired", async () => {
    const [core] = (await containersOf(stack.engine, stack.prefix)).filter(
      ({ name }) => name === "core-service",
    );
    await stack.engine.getContainer(core?.id ?? "").remove({ force: true });
    expect(await stack.up({ refresh: true })).toEqual({ create: ["core-service"] });
    await expectWired(stack, services);
  });

  story("a changed image replaces exactly its service", async () => {
    for (const version of ["1", "2"]) {
      await buildImage(`localhost/beat-test-core:${version}`, imageOfVersion(stack.prefix, version));
    }
    const use = (version: string) => {
      stack.settings = {
        ...stack.settings,
        services: { "core-service": { source: { image: `localhost/beat-test-core:${version}` } } },
      };
    };
    use("1");
    await stack.up();
    use("2");
    const changes = Object.values(await stack.up()).flat();
    expect([...new Set(changes)].filter((name) => !name.startsWith("localhost-beat-test-core"))).toEqual([
      "core-service",
    ]);
    await expectWired(stack, services);
    stack.settings = { ...stack.settings, services: {} };
    await stack.up();
  });

  story("what an image brings for its containers is no difference, however often up runs", async () => {
    await buildImage("localhost/beat-test-core:3", inheritingImage(stack.prefix));
    stack.settings = {
      ...stack.settings,
      services: { "messaging-service": { source: { image: "localhost/beat-test-core:3" } } },
    };
    await stack.up();
    expect(await stack.up({ refresh: true })).toEqual({});
    expect(await stack.up({ refresh: true })).toEqual({});
    stack.settings = { ...stack.settings, services: {} };
    await stack.up();
  });

  story("the samples leave the real services their tables", async () => {
    expect(await tablesIn(stack, "messaging_service", "sample")).toEqual(["users"]);
    expect(await tablesIn(stack, "messaging_service", "public")).not.toContain("users");
  });

  story("a changed route rebuilds the gateway only", async () => {
    const messaging = service("messaging-service");
    const [first, ...rest] = messaging.routes;
    stack.platform = varied({
      "messaging-service": {
        ...messaging,
        routes: [{ ...(first as (typeof messaging.routes)[number]), prefix: "/chat" }, ...rest],
      },
    });
    const changes = new Set(Object.values(await stack.up()).flat());
    expect([...changes].sort()).toEqual(["gateway", "gateway-image"]);
    expect((await stack.fetch("/chat/groups/public")).status).toBe(401);
    expect((await stack.fetch("/messaging/groups/public")).status).toBe(404);
    stack.platform = basePlatform;
    await stack.up();
  });

  story("a replaced broker replaces the services whose consumers would die", async () => {
    const kafka = basePlatform.stores.kafka as NonNullable<PlatformModel["stores"]["kafka"]>;
    stack.platform = {
      ...basePlatform,
      stores: { ...basePlatform.stores, kafka: { ...kafka, memoryMiB: kafka.memoryMiB + 64 } },
    };
    const changes = new Set(Object.values(await stack.up()).flat());
    expect(changes).toContain("kafka-b");
    expect(changes).toContain("auth-service");
    expect(changes).toContain("messaging-service");
    expect(changes).not.toContain("core-service");
    await expectWired(stack, ["/auth", "/messaging"]);
    await signUp(stack);
  });

  story("a broker that crashes leaves nobody deaf", async () => {
    await crash(stack, "kafka-b");
    const restarts = (name: string) => restartsOf(stack, name);
    await vi.waitFor(async () => expect(await restarts("kafka-b")).toBe(1), {
      timeout: 30_000,
      interval: 500,
    });
    // The watch orders it once records wait that nobody reads.
    await vi.waitFor(
      async () => {
        await signUp(stack);
        expect(await restarts("auth-service")).toBe(1);
        expect(await restarts("messaging-service")).toBe(1);
      },
      { timeout: 3 * minutes, interval: 1_000 },
    );
    expect(await stack.up({ refresh: true })).toEqual({});
  });

  story("a fourth service is one definition file, and the others keep their data", async () => {
    const before = await containersOf(stack.engine, stack.prefix);
    stack.platform = { ...fourServices, stores: stack.platform.stores };
    await stack.up();
    await expectWired(stack, [...services, "/loyalty"]);
    expect(await isKnown(stack, account)).toBe(true);
    const after = await containersOf(stack.engine, stack.prefix);
    const same = (name: string) =>
      before.find((container) => container.name === name)?.id ===
      after.find((container) => container.name === name)?.id;
    for (const store of ["postgres", "mongo", "redis", "kafka-b", "core-service"])
      expect(same(store), store).toBe(true);
  });

  story("down and up keep the data", async () => {
    await stack.down();
    const left = await objectsOf(stack.engine, stack.prefix);
    expect([left.containers, left.networks]).toEqual([[], []]);
    expect(left.volumes.length).toBe(6);
    await stack.up();
    await expectWired(stack, [...services, "/loyalty"]);
    expect(await isKnown(stack, account)).toBe(true);
  });

  story("destroying with the data leaves nothing on the engine", async () => {
    await stack.destroy();
    expect(await objectsOf(stack.engine, stack.prefix)).toEqual({
      containers: [],
      networks: [],
      volumes: [],
    });
  });
});
