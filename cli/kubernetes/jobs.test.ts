import type { V1PodSpec } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { withSteps } from "./jobs.ts";

const template: V1PodSpec = {
  restartPolicy: "Never",
  initContainers: [
    {
      name: "dump",
      image: "mongo:8.0",
      command: ["bash", "/run/backup/backup.sh"],
      env: [{ name: "A", value: "1" }],
    },
  ],
  containers: [{ name: "upload", image: "rclone/rclone:1", command: ["sh", "/run/backup/upload.sh"] }],
};

test("steps run one after the other in copies of the template's containers, each in its own shell", () => {
  const pod = withSteps(
    template,
    [
      { container: "dump", script: "first" },
      { container: "upload", script: "second" },
      { container: "dump", script: "third" },
    ],
    "backup-mongo",
  );
  const dump = { image: "mongo:8.0", env: [{ name: "A", value: "1" }] };
  expect(pod).toEqual({
    restartPolicy: "Never",
    initContainers: [
      { name: "step-1", ...dump, command: ["bash", "-c", "first"] },
      { name: "step-2", image: "rclone/rclone:1", command: ["sh", "-c", "second"] },
    ],
    containers: [{ name: "step-3", ...dump, command: ["bash", "-c", "third"] }],
  });
});

test("a single step leaves no container before it", () => {
  const pod = withSteps(template, [{ container: "upload", script: "list" }], "backup-mongo");
  expect(pod.initContainers).toBeUndefined();
  expect(pod.containers.map(({ name }) => name)).toEqual(["step-1"]);
});

test("a stack that was brought up with other settings is told so", () => {
  expect(() => withSteps(template, [{ container: "backup", script: "" }], "backup-mongo")).toThrow(
    /CronJob backup-mongo: has no container "backup"[\s\S]*beat up first/,
  );
});
