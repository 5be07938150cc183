import { PassThrough } from "node:stream";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { showLogs } from "../../cli/logs/logs.ts";
import { type LogOptions, logOptions, type WrittenOptions } from "../../cli/logs/options.ts";
import { componentLabel, stackLabel } from "../../infra/docker/labels.ts";
import { engineAddress, objectsOf, openEngine } from "../../infra/docker/operate/engine.ts";
import { runInside } from "../../infra/docker/operate/inside.ts";
import { EngineLogs } from "../../infra/docker/operate/logs.ts";
import { missingForEngine } from "./requirements.ts";

const image = "node:24-alpine";
const missing = await missingForEngine([image]);
const stack = `beat-ecoprove-test-logs-${process.pid}`;
const engine = openEngine(engineAddress());

/** A container of the stack that runs a line of a shell. */
async function run(name: string, script: string): Promise<string> {
  const container = await engine.createContainer({
    Image: image,
    name: `${stack}-${name}-${Math.random().toString(36).slice(2, 8)}`,
    Labels: { [stackLabel]: stack, [componentLabel]: name },
    Entrypoint: ["sh", "-c", script],
    HostConfig: { NetworkMode: "none" },
  });
  await container.start();
  return container.id;
}

/** What the program of a container would have written, from now on; it comes to its log as any line does. */
async function writes(id: string, ...lines: string[]): Promise<void> {
  const text = lines.map((line) => `${line}\n`).join("");
  const { code } = await runInside(engine, id, ["sh", "-c", 'printf %s "$0" > /proc/1/fd/1', text]);
  if (code !== 0) throw new Error(`nothing was written to ${id}`);
}

/** Shows logs as `./beat logs` does, until it ends or is ended. */
function show(names: readonly string[], written: WrittenOptions, secrets: readonly string[] = []) {
  const options: LogOptions = logOptions(written, Date.now());
  const ended = new AbortController();
  const output = new PassThrough({ highWaterMark: 4096 });
  let text = "";
  output.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const place = new EngineLogs(engine, stack);
  // Once it waits for news everything of the past has been read.
  let following = false;
  const change = place.change.bind(place);
  place.change = async (signal) => {
    following = true;
    await change(signal);
  };
  const shown = showLogs({
    ...{ place, planned: [], names, options, secrets, output, env: {}, json: true },
    signal: ended.signal,
  });
  const records = () =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { part: string; text: string; level?: string; lines: string[] });
  return {
    shown,
    isFollowing: () => following,
    texts: () => records().map((record) => record.text),
    end: async () => {
      ended.abort();
      return shown;
    },
  };
}

async function removeAll(): Promise<void> {
  if (missing !== undefined) return;
  const { containers } = await objectsOf(engine, stack);
  for (const { id } of containers) await engine.getContainer(id).remove({ force: true });
}

describe.skipIf(missing !== undefined)(
  `logs of an engine's containers (${missing ?? "real"})`,
  { timeout: 60_000 },
  () => {
    afterEach(removeAll);
    afterAll(removeAll);

    test("several are told in the order of time, with what belongs together, and no secret", async () => {
      const [first, second] = [await run("a", "sleep 60"), await run("b", "sleep 60")];
      await writes(first, "a1");
      await writes(second, "b1");
      await writes(first, "fail: App[0]", "      it broke");
      await writes(second, "b2");
      await writes(first, "2026/11/28 16:00:00 my-s3cret-word");
      const all = show([], {}, ["my-s3cret-word"]);
      expect(await all.shown).toBe(5);
      expect(all.texts()).toEqual(["a1", "b1", "App[0]\n      it broke", "b2", "…"]);
      const errors = show(["a", "b"], { level: "error" });
      await errors.shown;
      expect(errors.texts()).toEqual(["App[0]\n      it broke"]);
      const last = show(["a"], { tail: "1" });
      await last.shown;
      expect(last.texts()).toEqual(["my-s3cret-word"]);
      const none = show(["a"], { tail: "0" });
      expect(await none.shown).toBe(0);
      await expect(show(["a", "c"], {}).shown).rejects.toThrow('no part of the stack is called "c"');
    });

    test("a long line, which an engine parts, is one; and so are many lines, each once", async () => {
      const id = await run(
        "a",
        `head -c 100000 /dev/zero | tr '\\0' x; echo; i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done`,
      );
      await engine.getContainer(id).wait();
      const all = show(["a"], { tail: "all" });
      await all.shown;
      const [long, ...rest] = all.texts();
      expect(long).toBe("x".repeat(100_000));
      expect(rest).toEqual(Array.from({ length: 5000 }, (_, at) => `line ${at}`));
    });

    test("-f goes on over restarts and replacements: each line comes once", async () => {
      // It tells each of its lives, and what it says last when it is stopped.
      const script =
        "n=$(cat /n 2>/dev/null || echo 0); n=$((n+1)); echo $n > /n; trap 'echo life $n ends; exit 0' TERM; " +
        "i=0; while :; do echo life $n line $i; i=$((i+1)); sleep 0.02; done";
      const id = await run("a", script);
      const followed = show([], { follow: true, tail: "all" });
      const has = (text: string) =>
        expect.poll(() => followed.texts().includes(text), { timeout: 20_000 }).toBe(true);
      await has("life 1 line 5");
      await engine.getContainer(id).restart();
      await has("life 2 line 5");
      await engine.getContainer(id).kill();
      await engine.getContainer(id).start();
      await has("life 3 line 5");
      await engine.getContainer(id).stop();
      await engine.getContainer(id).remove();
      await run("a", "echo successor; sleep 60");
      await has("successor");
      await followed.end();
      const texts = followed.texts();
      expect(new Set(texts).size).toBe(texts.length);
      expect(texts).toContain("life 1 ends");
      expect(texts).toContain("life 3 ends");
      for (const life of [1, 2, 3]) {
        const lines = texts.filter((text) => text.startsWith(`life ${life} line `));
        expect(lines).toEqual(lines.map((_, at) => `life ${life} line ${at}`));
      }
    });

    test("-f tells only what is new where nothing of the past is wanted, also of one that has nothing to tell yet", async () => {
      const [first, second] = [await run("a", "sleep 60"), await run("b", "sleep 60")];
      await writes(first, "old");
      const followed = show([], { follow: true, tail: "0" });
      await expect.poll(() => followed.isFollowing(), { timeout: 10_000 }).toBe(true);
      await writes(first, "new");
      await writes(second, "first");
      await expect.poll(() => followed.texts(), { timeout: 10_000 }).toEqual(["new", "first"]);
      await followed.end();
    });
  },
);
