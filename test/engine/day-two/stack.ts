import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { findPulumi } from "../../../cli/workspace.ts";
import { stackName } from "../../../core/names.ts";
import type { Change } from "../../../docs/day-two.ts";
import { engineAddress, objectsOf, openEngine } from "../../../infra/docker/operate/engine.ts";
import { projectRoot } from "../../../stacks/program.ts";
import { missingForEngine } from "../requirements.ts";
import { type Wish, wishVariable } from "./platform.ts";

/** What a command came to. */
export interface Ran {
  readonly code: number | undefined;
  readonly said: string;
}

/** Ports of its own, so that it runs beside other stacks. */
export const ports = { gateway: 19200, postgres: 19201, mongo: 19202, redis: 19203, kafka: 19204 };

/** Where a stack runs. */
export interface Place {
  readonly settings: Readonly<Record<string, unknown>>;
  /** Why tests cannot run there; undefined when they can. */
  readonly missing: string | undefined;
}

const onEngine: Place = {
  settings: { "platform:ports": { ...ports, redisUi: false, mongoExpress: false } },
  missing: await missingForEngine(),
};

/** A stack that an operator changes by `./beat`, with a definition that varies. */
export class DayTwoStack {
  readonly name: string;
  readonly prefix: string;
  readonly #engine = openEngine(engineAddress());
  readonly #base: Wish;
  readonly #missing: string | undefined;
  #wish: Wish;
  readonly #home = mkdtempSync(join(tmpdir(), "beat-test-"));
  readonly #file: string;

  /**
   * @param base the definition that every change begins with.
   * @param settings of the stack, beside those that each has.
   * @param place where it runs, if not on the engine.
   */
  constructor(
    subject: string,
    base: Wish,
    settings: Readonly<Record<string, unknown>> = {},
    place: Place = onEngine,
  ) {
    this.name = `test-${subject}-${process.pid}`;
    this.prefix = stackName("beat-ecoprove", this.name);
    this.#base = base;
    this.#wish = base;
    this.#missing = place.missing;
    this.#file = join(projectRoot, `Pulumi.${this.name}.yaml`);
    const config = {
      "platform:definition": "test/engine/day-two/platform.ts",
      "platform:source": "sample",
      "platform:environment": "Development",
      ...place.settings,
      ...settings,
    };
    if (this.#missing === undefined) writeFileSync(this.#file, stringify({ config }));
  }

  get #env() {
    return {
      PULUMI_BACKEND_URL: `file://${this.#home}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      [wishVariable]: JSON.stringify(this.#wish),
    };
  }

  /** A test of one change; skipped, and said why, where there is no engine. */
  story(name: string, body: () => Promise<void>): void {
    test(name, async ({ skip }) => {
      if (this.#missing !== undefined) skip(this.#missing);
      await body();
    });
  }

  /** `./beat …` */
  async beat(...args: readonly string[]): Promise<Ran> {
    const { exitCode, all } = await execa(
      process.execPath,
      [join(projectRoot, "cli/main.ts"), ...args, "--stack", this.name],
      { reject: false, all: true, stdin: "ignore", env: this.#env },
    );
    return { code: exitCode, said: all };
  }

  /** `pulumi config …` @param input for its standard input. */
  async config(args: readonly string[], input = ""): Promise<void> {
    const { command } = await findPulumi(false);
    await execa(command, ["config", ...args, "--stack", this.name], {
      cwd: projectRoot,
      input,
      env: this.#env,
    });
  }

  /** Runs a command inside a part. @returns what it wrote. */
  async inside(part: string, ...command: readonly string[]): Promise<string> {
    const { stdout } = await execa("docker", ["exec", `${this.prefix}-${part}`, ...command]);
    return stdout.trim();
  }

  /** Runs SQL as the administrator. */
  sql(database: string, text: string): Promise<string> {
    return this.inside("postgres", "psql", "-U", "postgres", "-d", database, "-qtAc", text);
  }

  /** The stack's volumes on the engine, without what its name begins with. */
  async volumes(): Promise<string[]> {
    const { volumes } = await objectsOf(this.#engine, this.prefix);
    return volumes.map(({ name }) => name.slice(this.prefix.length + 1)).sort();
  }

  /** What of it holds data after all was removed. */
  left(): Promise<readonly string[]> {
    return this.volumes();
  }

  /** `up`, which succeeds. @returns what it said. */
  async up(): Promise<string> {
    const { code, said } = await this.beat("up");
    expect(code, said).toBe(0);
    return said;
  }

  /** What is said of a change where the stack runs. */
  saysOf({ says }: Change): string {
    return says;
  }

  /** Changes the definition: the preview says so, every `up` succeeds, and the last one changes nothing. @returns the first one's words. */
  async change(change: Change, wish: Wish): Promise<string> {
    this.#wish = { ...this.#base, ...wish };
    const preview = await this.beat("preview");
    expect(preview.code, preview.said).toBe(0);
    expect(inWords(preview.said)).toContain(this.saysOf(change));
    const first = await this.up();
    if (/until the next up|after the next up/.test(first)) await this.up();
    await this.rest();
    return first;
  }

  /** An `up` that changes nothing. */
  async rest(): Promise<void> {
    expect(await this.up()).toMatch(/ is up after [\d.]+ s \(\d+ unchanged\)/);
  }

  /** Changes the definition in a way that is refused. */
  async refuse({ says }: Change, wish: Wish): Promise<void> {
    this.#wish = { ...this.#base, ...wish };
    const { code, said } = await this.beat("up");
    expect(code, said).not.toBe(0);
    expect(said).toContain(says);
  }

  /** The way back. */
  async back(wish: Wish = {}): Promise<void> {
    this.#wish = { ...this.#base, ...wish };
    await this.up();
  }

  /** Removes it with its data. */
  async remove(): Promise<void> {
    if (this.#missing === undefined) {
      const { code, said } = await this.beat("down", "--volumes", "--yes");
      expect(code, said).toBe(0);
      expect(await this.left()).toEqual([]);
    }
    rmSync(this.#home, { recursive: true });
    rmSync(this.#file, { force: true });
  }
}

/** Pulumi's report of a step in the words of `./beat`: `container redis`. */
const inWords = (report: string): string =>
  report.replace(/(?:docker|kubernetes):[\w./-]+:(\w+) /g, (_all, type: string) => `${type.toLowerCase()} `);
