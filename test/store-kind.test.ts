import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const fixture = join(root, "test/fixtures/store-kind");
/** The project with one more kind of store: a folder, and a line. */
const copy = mkdtempSync(join(tmpdir(), "store-kind-"));
const folder = join(copy, "stores/valkey");

beforeAll(() => {
  for (const name of ["core", "stores", "config", "infra", "stacks", "provision", "samples", "gateway"])
    cpSync(join(root, name), join(copy, name), {
      recursive: true,
      filter: (path) => !/\/(dist|node_modules|test)$|\.test\.ts$/.test(path),
    });
  for (const name of ["package.json", "tsconfig.json"]) cpSync(join(root, name), join(copy, name));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  cpSync(join(fixture, "valkey"), folder, { recursive: true });
  for (const name of ["platform.ts", "render.ts"])
    cpSync(join(fixture, name), join(copy, "fixture", name), { recursive: true });
  writeFileSync(
    join(copy, "stores/kinds.ts"),
    `${readFileSync(join(copy, "stores/kinds.ts"), "utf8")}export { valkey } from "./valkey/store.ts";\n`,
  );
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** The compiler's words about the copy. */
async function compile(): Promise<string> {
  const tsconfig = join(copy, "tsconfig.fixture.json");
  writeFileSync(
    tsconfig,
    JSON.stringify({
      extends: "./tsconfig.json",
      include: ["core", "stores", "config", "infra", "stacks", "fixture"],
    }),
  );
  const { stdout } = await execa(join(root, "node_modules/.bin/tsc"), ["-p", tsconfig], {
    cwd: copy,
    reject: false,
  });
  return stdout;
}

// biome-ignore lint/suspicious/noExplicitAny: the output is JSON, and a test reads it anywhere
const render = async (target: string): Promise<any> => {
  const { stdout } = await execa(process.execPath, ["fixture/render.ts", target], { cwd: copy });
  return JSON.parse(stdout.slice(stdout.indexOf(target === "compose" ? "{" : "[")));
};

describe("a kind of store that the platform does not have", { timeout: 120_000 }, () => {
  test("is one folder and one line for the compiler", async () => {
    expect(await compile()).toBe("");
  });

  test("is a container with its volume, port and probe, and its service waits for it and knows its address", async () => {
    const graph = (await render("docker")) as {
      type: string;
      name: string;
      inputs: Record<string, unknown>;
    }[];
    const container = (name: string) =>
      graph.find((resource) => resource.type.endsWith(":Container") && resource.name === name)?.inputs;
    expect(container("valkey")).toMatchObject({
      ports: [{ internal: 6380, external: 6380 }],
      volumes: [{ containerPath: "/data" }],
      memory: 128,
      healthcheck: { tests: ["CMD-SHELL", 'test "$(redis-cli -p 6380 ping)" = PONG'] },
    });
    expect(container("hits-service")?.envs).toEqual(["PORT=5000", "VALKEY_HOST=valkey", "VALKEY_PORT=6380"]);
    expect(graph.map(({ name }) => name)).toContain("valkey-data");
  });

  test("is a set of a cluster with its claim, its Services and its network policies", async () => {
    const graph = (await render("kubernetes")) as { type: string; name: string; inputs: object }[];
    const kinds = (name: string) =>
      graph.filter((resource) => resource.name === name).map(({ type }) => type.split(":").pop());
    expect(kinds("valkey").sort()).toEqual(["Service", "StatefulSet"]);
    expect(kinds("data-valkey-0")).toEqual(["PersistentVolumeClaim"]);
    // Nobody has a password of a store without logins, and it is saved all the same.
    expect(kinds("backup-valkey")).toEqual(["ConfigMap"]);
    expect(JSON.stringify(graph.find(({ name }) => name === "backup-valkey")?.inputs)).not.toContain(
      "password",
    );
    // One job saves all stores of a stack.
    const job = graph.find(({ type, name }) => name === "backup" && type.endsWith(":CronJob"));
    expect(JSON.stringify(job?.inputs)).toContain("backup-valkey");
    expect(kinds("to-valkey")).toEqual(["NetworkPolicy"]);
    expect(JSON.stringify(graph.find(({ name }) => name === "from-hits-service")?.inputs)).toContain("6380");
  });

  test("is a service of Compose", async () => {
    const { services, volumes } = await render("compose");
    expect(services.valkey).toMatchObject({ volumes: ["valkey-data:/data"], hostname: "valkey" });
    expect(services["hits-service"].depends_on).toEqual({ valkey: { condition: "service_healthy" } });
    expect(volumes["valkey-data"]).toEqual({ name: "beat-ecoprove-dev-valkey-data" });
  });

  test("without some of its parts it does not compile, and the compiler names each", async () => {
    const file = join(folder, "store.ts");
    const whole = readFileSync(file, "utf8");
    const parts = ["external", "provision", "backup", "login"];
    // A part and what belongs to it: up to the next part at the same depth.
    const cut = parts.reduce(
      (text, part) => text.replace(new RegExp(`\\n  ${part}: [\\s\\S]*?,(?=\\n  \\w+:|\\n\\}\\);)`), ""),
      whole,
    );
    try {
      writeFileSync(file, cut);
      const said = await compile();
      expect(said).toContain("stores/valkey/store.ts");
      for (const part of parts) expect(said).toContain(part);
    } finally {
      writeFileSync(file, whole);
    }
  });
});
