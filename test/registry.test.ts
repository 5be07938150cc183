import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const name = "beat-ecoprove-platform";
/** Another package, in which this one is installed as it would be published. */
const other = mkdtempSync(join(tmpdir(), "registry-"));

beforeAll(async () => {
  const { stdout } = await execa("npm", ["pack", "--json", `--pack-destination=${other}`], { cwd: root });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string }];
  const installed = join(other, "node_modules", name);
  mkdirSync(installed, { recursive: true });
  await execa("tar", ["-xzf", join(other, filename), "-C", installed, "--strip-components=1"]);
  // npm runs this where the package is installed, without a lock file of ours.
  await execa("npm", ["run", "postinstall"], { cwd: installed });
  symlinkSync(join(root, "node_modules/zod"), join(other, "node_modules/zod"));
  writeFileSync(join(other, "package.json"), '{ "type": "module" }');
}, 60_000);
afterAll(() => rmSync(other, { recursive: true, force: true }));

describe("the registry in another package", () => {
  test("tells routes, environment and topics by name", async () => {
    writeFileSync(
      join(other, "facts.js"),
      `import { environmentOf, platform, routesOf, topics } from "${name}";
       const stack = { publicHost: "x.example.org", environment: "Production", jwt: { issuer: "i", audience: "a", accessMinutes: 1, refreshMonths: 1 } };
       const show = (value) => value.render((part) => "<" + part.kind + " " + (part.of ?? part.name) + ">");
       const env = environmentOf(platform, "auth-service", stack);
       console.log(JSON.stringify({
         port: platform.services["auth-service"].port,
         prefixes: routesOf(platform, "messaging-service").map(({ prefix }) => prefix),
         all: routesOf(platform).length,
         topics: Object.keys(topics),
         password: show(env.POSTGRES_PASSWORD),
         secret: env.POSTGRES_PASSWORD.secret,
       }));
       try { environmentOf(platform, "nobody", stack); } catch (error) { console.log(error.message); }`,
    );
    const { stdout } = await execa(process.execPath, ["facts.js"], { cwd: other });
    const [facts = "", refusal] = stdout.split("\n");
    expect(JSON.parse(facts)).toEqual({
      port: 2000,
      prefixes: ["/messaging", "/socket"],
      all: 5,
      topics: expect.arrayContaining(["auth_events"]),
      password: "<secret postgres-auth-service>",
      secret: true,
    });
    expect(refusal).toBe(
      'the platform has no service "nobody": it has auth-service, core-service, messaging-service',
    );
  });

  test("is there for require, too", async () => {
    writeFileSync(join(other, "facts.cjs"), `console.log(require("${name}").platform.name);`);
    const { stdout } = await execa(process.execPath, ["--no-warnings", "facts.cjs"], { cwd: other });
    expect(stdout).toBe("beat-ecoprove");
  });

  test("keeps names and needs literal for the compiler", async () => {
    writeFileSync(
      join(other, "types.ts"),
      `import { environmentOf, platform, routesOf, topics, type PlatformModel } from "${name}";
       platform satisfies PlatformModel;
       platform.services["auth-service"].needs.postgres.database satisfies "auth_service";
       platform.services["messaging-service"].needs.calls satisfies readonly ["auth-service"];
       topics satisfies { readonly auth_events: { readonly partitions: 1 } };
       // @ts-expect-error there is no such service
       routesOf(platform, "nobody-service");
       // @ts-expect-error nor here
       environmentOf(platform, "nobody-service", undefined as never);
       // @ts-expect-error auth needs no bucket
       platform.services["auth-service"].needs.bucket;
       // @ts-expect-error core needs no Mongo
       platform.services["core-service"].needs.mongo.database;`,
    );
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023"];
    const { stdout } = await execa(process.execPath, [tsc, ...options, "types.ts"], {
      cwd: other,
      reject: false,
    });
    expect(stdout).toBe("");
  }, 60_000);
});
