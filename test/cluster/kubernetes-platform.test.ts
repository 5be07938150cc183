import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test, vi } from "vitest";
import { comparable, sentObjects, withStableNames } from "../../cli/render/objects.ts";
import type { PlatformModel } from "../../config/define/model.ts";
import { backUp, listBackups, restore } from "../../infra/kubernetes/operate/backups.ts";
import { makePassword } from "../../infra/secrets/values.ts";
import { type Account, expectWired, isKnown, signUp } from "../engine/journey.ts";
import { basePlatform } from "../engine/test-stack.ts";
import { ClusterStack } from "./cluster-stack.ts";
import { Load } from "./load.ts";
import { renderedBy } from "./rendered-stack.ts";
import { kubeconfig, missingForCluster } from "./requirements.ts";

const missing = await missingForCluster();
const minutes = 60_000;
const services = ["/auth", "/core", "/messaging"];

// The tests of this file tell one story and depend on one another's order.
describe("the Kubernetes target on a real cluster", { timeout: 10 * minutes }, () => {
  const stack = new ClusterStack();
  let account: Account = { email: "", password: "" };
  const story = (name: string, body: () => Promise<void>) =>
    test(name, async ({ skip }) => {
      if (missing !== undefined) skip(missing);
      try {
        await body();
      } catch (error) {
        console.error(await stack.kubectl("get", "pods,jobs,pvc").catch(String));
        console.error(
          await stack
            .kubectl("get", "events", "--sort-by=.lastTimestamp")
            .then((events) => events.split("\n").slice(-25).join("\n"), String),
        );
        throw error;
      }
    });

  afterAll(async () => {
    if (missing === undefined) await stack.remove();
  }, 5 * minutes);

  story("comes up from nothing, wired", async () => {
    await stack.load();
    await stack.up();
    expect(await (await stack.fetch("/_gateway/ready")).json()).toMatchObject({ status: "ok" });
    await expectWired(stack, services);
  });

  story("what was sent is what render writes", async () => {
    const sent = withStableNames(sentObjects(await stack.state())).map(comparable);
    const objects = await renderedBy(stack);
    expect(objects.length).toBeGreaterThan(50);
    expect(objects).toEqual(JSON.parse(JSON.stringify(sent)));
  });

  story("the API server takes every object in its strictest reading, without a warning", async () => {
    const objects = sentObjects(await stack.state());
    expect(objects.length).toBeGreaterThan(50);
    expect(await stack.validate(objects)).toBe("");
    // The same eye sees what is wrong.
    const [deployment] = objects.filter(({ kind }) => kind === "Deployment");
    const misspelt = { ...deployment, spec: { ...(deployment?.spec as object), replica: 1 } };
    await expect(stack.validate([misspelt])).rejects.toThrow(/unknown field "(spec\.)?replica"/);
  });

  story("a sign-up travels through gateway, auth, Kafka, core and messaging", async () => {
    account = await signUp(stack);
  });

  story("a second up changes nothing, and a refresh finds nothing", async () => {
    expect(await stack.up()).toEqual({});
    expect(await stack.refresh()).toEqual({});
  });

  story("the same from another place: the state names no path of whoever ran `up`", async () => {
    const folder = mkdtempSync(join(tmpdir(), "beat-elsewhere-"));
    const copy = join(folder, "config");
    copyFileSync(kubeconfig ?? "", copy);
    try {
      await stack.useKubeconfig(copy);
      expect(await stack.up()).toEqual({});
    } finally {
      await stack.useKubeconfig(kubeconfig ?? "");
      rmSync(folder, { recursive: true });
    }
    expect(await stack.refresh()).toEqual({});
  });

  story("pods reach what the definition says they need, and nothing else", async () => {
    const ports = new Map<string, number>([
      ["postgres", basePlatform.stores.postgres?.port ?? 0],
      ["mongo", basePlatform.stores.mongo?.port ?? 0],
      ["redis", basePlatform.stores.redis?.port ?? 0],
      ["kafka-b", basePlatform.stores.kafka?.port ?? 0],
      ...Object.values(basePlatform.services).map(({ name, port }): [string, number] => [name, port]),
    ]);
    for (const service of Object.values(basePlatform.services)) {
      const wanted = new Set(neededBy(service));
      const script = `const net=require("net");Promise.all(${JSON.stringify([...ports])}.map(([host,port])=>new Promise(done=>{
        const socket=net.connect({host,port,timeout:2500});
        const end=open=>{socket.destroy();done([host,open])};
        socket.once("connect",()=>end(true));socket.once("timeout",()=>end(false));socket.once("error",()=>end(false));
      }))).then(all=>console.log(JSON.stringify(all)))`;
      const reached = JSON.parse(
        await stack.kubectl(
          "exec",
          `deployment/${service.name}`,
          "-c",
          service.name,
          "--",
          "node",
          "-e",
          script,
        ),
      ) as [string, boolean][];
      expect(
        reached
          .filter(([, open]) => open)
          .map(([host]) => host)
          .sort(),
        service.name,
      ).toEqual([...wanted].sort());
    }
  });

  story("the gateway and every service are rolled under load without a failed request", async () => {
    const load = new Load(stack.base);
    try {
      for (const name of ["gateway", ...Object.keys(basePlatform.services)]) {
        await stack.kubectl("rollout", "restart", `deployment/${name}`);
        await stack.kubectl("rollout", "status", `deployment/${name}`, "--timeout=240s");
        // What is left of the old pods: they are taken out of service, then drained.
        await sleep(12_000);
      }
    } finally {
      const { answered, failed } = await load.stop();
      console.log(`rolling updates: ${answered} answered, failed: ${JSON.stringify(failed)}`);
      expect(failed).toEqual({});
      expect(answered).toBeGreaterThan(1000);
    }
    await expectWired(stack, services);
  });

  story("every store's pod may be deleted, and the platform recovers by itself", async () => {
    for (const pod of ["postgres-0", "mongo-0", "redis-0"]) {
      await stack.kubectl("delete", "pod", pod, "--wait=true");
      await vi.waitFor(
        async () =>
          expect(
            await stack.kubectl(
              "get",
              "pod",
              pod,
              "-o",
              "jsonpath={.status.conditions[?(@.type=='Ready')].status}",
            ),
          ).toBe("True"),
        { timeout: 2 * minutes, interval: 2000 },
      );
    }
    await vi.waitFor(async () => expect(await isKnown(stack, account)).toBe(true), {
      timeout: minutes,
      interval: 1000,
    });
    await signUp(stack);
  });

  story("a killed Kafka broker costs no record: others take over, writes go on", async () => {
    await stack.kubectl("delete", "pod", "kafka-1", "--grace-period=0", "--force");
    await vi.waitFor(() => signUp(stack), { timeout: 3 * minutes, interval: 2000 });
    await stack.kubectl("rollout", "status", "statefulset/kafka", "--timeout=240s");
  });

  story("a rotated password rolls exactly its users", async () => {
    const rotated = "postgres-auth-service";
    stack.secrets = { ...stack.secrets, [rotated]: makePassword() };
    const changes = await stack.up();
    expect(new Set(Object.values(changes).flat())).toEqual(
      new Set(["auth-service-env", "auth-service", "provision-postgres"]),
    );
    await expectWired(stack, services);
    expect(await isKnown(stack, account)).toBe(true);
  });

  story("a dropped database comes back from its backup, row for row", async () => {
    const sql = async (database: string, query: string): Promise<string> =>
      stack.kubectl(...["exec", "postgres-0", "--", "psql", "-U", "postgres", "-d", database, "-tAc", query]);
    const checksum = () =>
      sql(
        "core_service",
        "SELECT count(*), md5(string_agg(p::text, '|' ORDER BY id)) FROM sample.profiles p",
      );
    const before = await checksum();
    expect(Number(before.split("|")[0])).toBeGreaterThan(0);
    const session = await stack.session();
    await backUp(session, "postgres");
    expect((await listBackups(session)).map(({ database }) => database)).toContain("core_service");
    await sql("postgres", "DROP DATABASE core_service WITH (FORCE)");
    await restore(session, { store: "postgres", database: "core_service", from: "latest" });
    expect(await checksum()).toBe(before);
    await expectWired(stack, services);
  });

  story("a topic gets more partitions, and consumers that would not notice are rolled", async () => {
    stack.vary({ definition: "test/cluster/more-partitions.ts" });
    const changes = await stack.up();
    expect(new Set(Object.values(changes).flat())).toEqual(
      new Set(["provision-kafka", "auth-service", "messaging-service"]),
    );
    const described = await stack.kubectl(
      ...["exec", "kafka-0", "--", "/opt/kafka/bin/kafka-topics.sh", "--bootstrap-server", "localhost:9092"],
      ...["--describe", "--topic", "messaging_chat_events"],
    );
    expect(described).toMatch(/PartitionCount: 3\s+ReplicationFactor: 3\s+Configs:.*min\.insync\.replicas=2/);
  });

  story("a wrong image is named by up, and a right one repairs it", async () => {
    stack.vary({
      definition: "test/cluster/more-partitions.ts",
      services: { "auth-service": { source: { image: "localhost/auth-service:nowhere" } } },
    });
    await expect(stack.up()).rejects.toThrow(/auth-service|ImagePull/);
    // The old pod serves on while the new one cannot start.
    expect((await stack.fetch("/auth/.well-known/jwks.json")).status).toBe(200);
    stack.vary({ definition: "test/cluster/more-partitions.ts" });
    await stack.up();
    await expectWired(stack, services);
  });

  story("destroy leaves the claims, and a new up finds the data", async () => {
    await stack.destroy();
    const claims = await stack.kubectl("get", "pvc", "-o", "jsonpath={.items[*].metadata.name}");
    expect(claims.split(" ").sort()).toEqual([
      "backups",
      "core-public",
      "data-kafka-0",
      "data-kafka-1",
      "data-kafka-2",
      "data-mongo-0",
      "data-postgres-0",
      "data-redis-0",
    ]);
    expect(await stack.kubectl("get", "all", "-o", "name")).toBe("");
    await stack.up();
    await vi.waitFor(async () => expect(await isKnown(stack, account)).toBe(true), {
      timeout: minutes,
      interval: 1000,
    });
    await signUp(stack);
  });
});

/** The stores and services that a service needs, from its definition alone. */
function neededBy({ needs }: PlatformModel["services"][string]): string[] {
  return [
    ...(needs.postgres ? ["postgres"] : []),
    ...(needs.mongo ? ["mongo"] : []),
    ...(needs.redis ? ["redis"] : []),
    ...(needs.kafka ? ["kafka-b"] : []),
    ...needs.calls,
  ];
}
