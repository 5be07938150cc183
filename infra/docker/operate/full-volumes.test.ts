import { execa } from "execa";
import { afterAll, expect, test } from "vitest";
import { imageReference } from "../../../config/catalogue.ts";
import { missingForEngine } from "../../../test/engine/requirements.ts";
import { engineAddress, openEngine } from "./engine.ts";
import { checkVolumes, fullOf, fullVolumes } from "./full-volumes.ts";

const image = imageReference("redis", { overrides: {} });
const missing = await missingForEngine([image]);
const prefix = `beat-full-${process.pid}`;
const docker = async (...args: string[]) => (await execa("docker", args)).stdout;

afterAll(async () => {
  if (missing !== undefined) return;
  await execa("docker", ["rm", "-f", prefix], { reject: false });
  for (const volume of ["small", "backups"])
    await execa("docker", ["volume", "rm", "-f", `${prefix}-${volume}`], { reject: false });
}, 60_000);

test("a volume without room is found, and told with where it is", { timeout: 120_000 }, async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const volume = (name: string, size: string) =>
    docker(
      "volume",
      "create",
      "-o",
      "type=tmpfs",
      "-o",
      "device=tmpfs",
      "-o",
      `o=size=${size}`,
      `${prefix}-${name}`,
    );
  await volume("small", "8m");
  await volume("backups", "8m");
  const labels = [
    "--label",
    `org.beat-ecoprove.stack=${prefix}`,
    "--label",
    "org.beat-ecoprove.component=redis",
  ];
  const mounts = ["-v", `${prefix}-small:/data`, "-v", `${prefix}-backups:/backups`];
  await docker("run", "-d", "--name", prefix, ...labels, ...mounts, "--entrypoint", "sleep", image, "600");
  const engine = openEngine(engineAddress());
  expect(await fullVolumes(engine, prefix)).toEqual([]);
  expect((await checkVolumes(engine, prefix)).every(({ ok }) => ok)).toBe(true);

  await execa("docker", ["exec", prefix, "dd", "if=/dev/zero", "of=/data/filler", "bs=1M"], {
    reject: false,
  });
  expect(await fullVolumes(engine, prefix)).toEqual([
    { part: "redis", volume: `${prefix}-small`, left: "0 of 8 MiB left" },
  ]);
  const [{ problem } = {}] = await checkVolumes(engine, prefix);
  expect(problem?.message).toBe(
    "is full (0 of 8 MiB left): redis can write no more, and may not come up when it is started anew",
  );

  await docker("exec", prefix, "rm", "/data/filler");
  expect(await fullVolumes(engine, prefix)).toEqual([]);

  // Fewer backups may be the mend, which needs an `up`.
  await execa("docker", ["exec", prefix, "dd", "if=/dev/zero", "of=/backups/filler", "bs=1M"], {
    reject: false,
  });
  const [backups] = await checkVolumes(engine, prefix);
  expect(backups).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/^note: is full .*backups\.keep/),
  });
});

test.each([
  // A long name has a line of its own without -P; with a blank in the path.
  [
    "/dev/vda 263112704 253000000 10000 100% /var/lib/my data",
    [{ path: "/var/lib/my data", left: "9 of 256946 MiB left" }],
  ],
  ["overlay 263112704 200000000 60000000 77% /data", []],
  ["tmpfs 10240 2048 8192 20% /data", []],
  ["Filesystem 1024-blocks Used Available Capacity Mounted on", []],
  ["sh: df: not found", []],
])("%s", (line, told) => expect(fullOf(line)).toEqual(told));
