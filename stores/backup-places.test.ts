import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { statusScript } from "./backup-status.ts";
import { storeImages } from "./index.ts";
import { uploadsImage, uploadsScript } from "./uploads.ts";

const { repository, tag } = storeImages[uploadsImage];
const image = `${repository}:${tag}`;
const isHere = spawnSync("docker", ["image", "inspect", image]).status === 0;
if (!isHere) test.skip(`backups where nothing can be written: the engine has no ${image}`, () => {});

const save = uploadsScript(["files"], { keepDays: 3, drillDays: 7 }, [], "uploads-core");
/** Saves, and tells the exit code, the status and what lies there then. */
const saved = (now: string): string => `bash <<'SAVE' 2>&1 || echo "exit $?"
${save.replace(/^now=.*$/m, `now=${now}`)}
SAVE
echo "--- status"
bash <<'STATUS'
${statusScript({ store: "uploads", source: "uploads-core" })}
STATUS
echo "--- files"
find /backups -type f -printf '%P\\n' | sort
`;
const run = (mount: readonly string[], script: string): string =>
  spawnSync(
    "docker",
    ["run", "--rm", "-i", "--network", "none", ...mount, "--entrypoint", "bash", image, "-s"],
    {
      encoding: "utf8",
      input: script,
    },
  ).stdout;

describe.runIf(isHere)(`backups in ${image} of the engine`, { timeout: 60_000 }, () => {
  test("onto a volume that is full: it says why, leaves nothing half, and is not taken for the last that was good", () => {
    const small = `mkdir -p /uploads/files; echo x > /uploads/files/1; ${saved("20260101T000000Z")}`;
    const large = `head -c 3000000 /dev/urandom > /uploads/files/2; ${saved("20260102T000000Z")}`;
    const none = `head -c 3000000 /dev/zero > /backups/fill 2> /dev/null; ${saved("20260103T000000Z")}`;
    const [first = "", second = "", third = ""] = run(
      ["--tmpfs", "/backups:size=1m"],
      [small, large, none].join("echo =====\n"),
    ).split("=====\n");
    const files = [
      ".drill/uploads-core",
      ".parts/uploads.lock",
      ".status/uploads-core",
      "uploads/files/20260101T000000Z.tar.gz",
      "uploads/files/20260101T000000Z.tar.gz.manifest",
    ];
    const filesOf = (text: string) => text.split("--- files\n")[1]?.trim().split("\n");
    expect(first).toContain("--- status\nbackup 20260101T000000Z ok uploads-core\n");
    expect(filesOf(first)).toEqual(files);
    for (const text of [second, third]) {
      expect(text).toMatch(
        /No space left on device[\s\S]*files could not be saved[\s\S]*failed: files\nexit 1\n/,
      );
      expect(text).toContain("backup 20260101T000000Z ok uploads-core\n");
    }
    expect(second).toMatch(/--- status[\s\S]*\nbackup 20260102T000000Z failed uploads-core\n/);
    expect(third).toMatch(/--- status[\s\S]*\nbackup 20260103T000000Z failed uploads-core\n/);
    expect(filesOf(second)).toEqual(files);
    expect(filesOf(third)?.filter((file) => file !== "fill")).toEqual(files);
  });

  test("onto a volume that is read-only: it says so, and the status tells that it failed", () => {
    const text = run(
      ["--mount", "type=tmpfs,destination=/backups,tmpfs-mode=0755,readonly"],
      saved("20260101T000000Z"),
    );
    expect(text).toMatch(
      /Read-only file system[\s\S]*\nexit 1\n--- status\nbackup 20260101T000000Z failed uploads-core\n--- files\n$/,
    );
  });
});
