import { join } from "node:path";
import { execa } from "execa";
import { InputError } from "../core/problems.ts";
import { projectRoot } from "../stacks/program.ts";
import { buildImages } from "./build-images.ts";
import { beat, type Common, command, print, printJson } from "./command.ts";
import "./commands/cluster.ts";
import "./commands/images.ts";
import { down, up } from "./deploy.ts";
import { checkEngine } from "./doctor.ts";
import { Progress } from "./progress.ts";
import { completeSecrets, rotateSecret, secretValue, setSecret } from "./secrets.ts";
import { diagnose, insist } from "./session.ts";
import { DeploymentError } from "./targets/target.ts";
import { firstLine, pulumiEnvironment } from "./workspace.ts";

command(
  "up",
  "bring the stack up and wait until it answers",
  { create: true, target: false, state: true },
  async (session, options) => {
    const { json, adoptCluster = false } = options as { json?: boolean; adoptCluster?: boolean };
    const result = await up(session, { adoptCluster });
    if (json) return printJson(result);
    const { same = 0, read: _, ...changed } = result.changes;
    const changes = Object.entries(changed).map(([op, count]) => `${count} ${op}`);
    print(
      `\n${result.stack} is up after ${result.seconds.toFixed(1)} s (${[...changes, `${same} unchanged`].join(", ")})\n`,
    );
    for (const [name, url] of Object.entries(result.urls)) print(`  ${name.padEnd(20)} ${url}`);
    print("\n  passwords: ./beat secrets    logs: ./beat logs <name>    stop: ./beat down");
  },
).option("--adopt-cluster", "go on in a cluster that the stack was not made on");

command(
  "down",
  "take the stack down; its data stays",
  { create: false, target: true },
  async (session, options) => {
    const { volumes = false, yes = false } = options as { volumes?: boolean; yes?: boolean };
    await down(session, { volumes, yes });
    print(
      `${session.name} is down${volumes ? ", its data is deleted" : "; its volumes and secrets are kept"}`,
    );
  },
)
  .option("--volumes", "delete volumes and secrets too")
  .option("-y, --yes", "do not ask");

command("preview", "show what up would change", { create: true, target: false }, async (session, options) => {
  const { json, expectNoChanges, policies } = options as {
    json?: boolean;
    expectNoChanges?: boolean;
    policies?: boolean;
  };
  const progress = new Progress(() => {});
  // Against a cluster that is not the stack's own, a preview would be a tale.
  if (session.target.kind === "kubernetes")
    insist(await session.target.reach(), "the stack cannot be previewed from here");
  try {
    const result = await session.stack.preview({
      onEvent: progress.onEvent,
      color: "never",
      ...(policies && { policyPacks: [join(projectRoot, "policies/pack")] }),
      ...(!json && { onOutput: (text: string) => process.stdout.write(text) }),
    });
    if (json) printJson(result.changeSummary);
    const changes = Object.entries(result.changeSummary).filter(([op]) => op !== "same" && op !== "read");
    if (expectNoChanges && changes.length > 0) throw new DeploymentError("there are changes");
  } catch (error) {
    if (error instanceof DeploymentError) throw error;
    throw new DeploymentError(progress.errors.join("\n") || firstLine(error));
  }
})
  .option("--expect-no-changes", "fail when there are any")
  .option("--policies", "judge the change by the rules of policies/");

beat
  .command("doctor")
  .description("look at everything that up needs")
  .option("-s, --stack <name>", "stack to work on", process.env.BEAT_STACK ?? "dev")
  .option("--json", "write the result as JSON")
  .action(async ({ stack, json }: Common) => {
    const checks = await diagnose(stack);
    if (json) printJson(checks);
    else
      for (const { name, ok, detail, problem } of checks) {
        print(`${ok ? "✔" : "✘"} ${name}: ${detail}`);
        if (problem !== undefined) print(`    fix: ${problem.fix}`);
      }
    if (checks.some(({ ok }) => !ok)) process.exitCode = 2;
  });

command(
  "status",
  "show the stack's containers or pods",
  { create: false, target: true },
  async (session, { json }) => {
    const containers = await session.target.parts();
    const width = Math.max(20, ...containers.map(({ name }) => name.length));
    if (json) printJson(containers);
    else if (containers.length === 0) print(`${session.name} is down`);
    else
      for (const { ok, name, status, image } of containers)
        print(`${ok ? "✔" : "✘"} ${name.padEnd(width)} ${status.padEnd(28)} ${image}`);
    if (containers.length === 0 || containers.some(({ ok }) => !ok)) process.exitCode = 1;
  },
);

command(
  "logs",
  "show logs of one container, or of all",
  { create: false, target: true },
  async (session, options, name) => {
    const { follow = false, tail = "100" } = options as { follow?: boolean; tail?: string };
    await session.target.logs(name, { follow, tail: Number(tail) || 100 });
  },
)
  .argument("[name]", "container, pod or component, e.g. core-service")
  .option("-f, --follow", "go on with new lines")
  .option("-n, --tail <lines>", "how many lines at first", "100");

command(
  "urls",
  "show where the platform answers",
  { create: false, target: false },
  async (session, { json }) => {
    const urls = ((await session.stack.outputs()).urls?.value ?? {}) as Record<string, string>;
    if (json) printJson(urls);
    else for (const [name, url] of Object.entries(urls)) print(`${name.padEnd(20)} ${url}`);
  },
);

command(
  "secrets",
  "make the secrets that the stack lacks and say where each comes from",
  { create: true, target: false },
  async (session, options) => {
    const { json, show, rotate, set } = options as {
      json?: boolean;
      show?: string;
      rotate?: string;
      set?: string;
    };
    if (show !== undefined) {
      const value = await secretValue(session, show);
      return json ? printJson({ [show]: value }) : print(value);
    }
    const changed = rotate ?? set;
    if (rotate !== undefined) await rotateSecret(session, rotate);
    if (set !== undefined) await setSecret(session, set, process.stdin);
    if (changed !== undefined) {
      if (json) return printJson({ stack: session.name, changed });
      return print(`${changed} is changed; its users get it with: ./beat up --stack ${session.name}`);
    }
    const report = await completeSecrets(session);
    if (json) return printJson(report);
    for (const { name, origin } of report.secrets)
      print(`${name.padEnd(36)} ${report.created.includes(name) ? "made now" : origin}`);
    print(`\nshow one: ./beat secrets ${session.name} --show <name>`);
  },
)
  .argument("[stack]", "stack to work on, like --stack")
  .option("--show <name>", "print one value")
  .option("--rotate <name>", "replace one by a new value")
  .option("--set <name>", "take one from standard input");

command(
  "build-images",
  "build service images from git or path sources",
  { create: true, target: false },
  async (session, { json }) => {
    insist([await checkEngine(session.engine, session.address)], "images cannot be built here");
    const built = await buildImages(session, { onlyMissing: false });
    if (json) printJson(built);
    else print(built.length === 0 ? "no service has a git or path source" : built.join("\n"));
  },
);

command(
  "serve",
  "run the gateway alone on this machine, anew on every change",
  { create: true, target: false },
  async (session) => {
    const ports = Object.fromEntries(
      Object.entries(session.settings.ports.services).filter(([, port]) => port !== false),
    );
    await execa(process.execPath, ["--watch", join(projectRoot, "cli/serve-gateway.ts")], {
      stdio: "inherit",
      reject: false,
      env: {
        BEAT_SERVE_PORTS: JSON.stringify(ports),
        BEAT_SERVE_ORIGINS: JSON.stringify(session.settings.cors),
        ...(session.settings.definition !== undefined && {
          BEAT_SERVE_DEFINITION: session.settings.definition,
        }),
      },
    });
  },
);

beat
  .command("test [args...]")
  .description("run all tests; arguments go to vitest")
  .allowUnknownOption()
  .action(async (args: string[]) => {
    const { exitCode } = await execa(
      process.execPath,
      [join(projectRoot, "node_modules/vitest/vitest.mjs"), "run", ...args],
      {
        cwd: projectRoot,
        stdio: "inherit",
        reject: false,
      },
    );
    process.exitCode = exitCode ?? 1;
  });

beat
  .command("env")
  .description('print the environment for a plain pulumi: eval "$(./beat env)"')
  .option("-s, --stack <name>", "stack", "dev")
  .action(({ stack }: Common) => {
    for (const [name, value] of Object.entries(pulumiEnvironment(stack))) print(`export ${name}='${value}'`);
  });

// `./beat logs | head` closes the pipe early, which is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  await beat.parseAsync();
} catch (error) {
  process.stderr.write(`beat: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof InputError ? 2 : 1;
}
