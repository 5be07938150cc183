import { describe, expect, test } from "vitest";
import { addsPlatform, builderOf, pushCommands, restrictTo, usesForeignBase } from "./builder.ts";

const inspected = (driver: string, platforms: string) => `Name:   builder
Driver: ${driver}

Nodes:
Name:      builder0
Endpoint:  unix:///var/run/docker.sock
Status:    running
Platforms: ${platforms}
`;
const image = { reference: "registry.example.org/beat/gateway:1", base: "node:24-alpine", context: "ctx" };

describe("what a builder can make", () => {
  test("without buildx: this machine's platform, by build and push", () => {
    const builder = builderOf(undefined, false, "linux/arm64");
    expect(builder).toMatchObject({ buildx: false, platforms: ["linux/arm64"], attests: false });
    expect(builder.fix).toContain("buildx");
    expect(pushCommands(builder, image)).toEqual([
      ["build", "--build-arg", "BASE=node:24-alpine", "-t", image.reference, "ctx"],
      ["push", image.reference],
    ]);
  });

  test("the engine's own BuildKit: one platform and no attestation, unless images lie in containerd", () => {
    const text = inspected("docker", "linux/amd64, linux/amd64/v2, linux/arm64");
    expect(builderOf(text, false, "linux/amd64")).toMatchObject({
      platforms: ["linux/amd64"],
      attests: false,
    });
    expect(builderOf(text, true, "linux/amd64")).toEqual({
      buildx: true,
      platforms: ["linux/amd64", "linux/arm64"],
      attests: true,
    });
  });

  test("a builder in a container: every wanted platform it lists, with SBOM", () => {
    const builder = builderOf(
      inspected("docker-container", "linux/arm64*, linux/amd64, linux/s390x"),
      false,
      "linux/arm64",
    );
    expect(builder.fix).toBeUndefined();
    const [command = []] = pushCommands(builder, image);
    expect(command.join(" ")).toContain("SOURCE_DATE_EPOCH=0 --output type=registry,rewrite-timestamp=true");
    expect(command.join(" ")).toContain(
      "--platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max ",
    );
  });

  test("a builder without emulation says what would bring the other platform", () => {
    const builder = builderOf(inspected("docker-container", "linux/amd64, linux/386"), false, "linux/amd64");
    expect(builder).toMatchObject({ platforms: ["linux/amd64"], attests: true });
    expect(builder.fix).toContain("binfmt");
  });

  test("an image is pushed again when that adds an architecture or the SBOM, and takes none away", () => {
    const both = { buildx: true, platforms: ["linux/amd64", "linux/arm64"], attests: true };
    const plain = { buildx: false, platforms: ["linux/amd64"], attests: false };
    expect(addsPlatform(both, ["linux/amd64"])).toBe(true);
    expect(addsPlatform(both, ["linux/amd64", "unknown/unknown"])).toBe(true);
    expect(addsPlatform(both, ["linux/amd64", "linux/arm64", "unknown/unknown", "unknown/unknown"])).toBe(
      false,
    );
    expect(addsPlatform(plain, ["linux/amd64"])).toBe(false);
    expect(addsPlatform(plain, ["linux/arm64"])).toBe(false);
    expect(addsPlatform({ ...plain, attests: true }, ["linux/amd64", "linux/arm64"])).toBe(false);
  });

  test("without buildx the base that the engine holds must be of its own platform", () => {
    const classic = { buildx: false, platforms: ["linux/amd64"], attests: false };
    expect(usesForeignBase(classic, "linux/arm64")).toBe(true);
    expect(usesForeignBase(classic, "linux/amd64")).toBe(false);
    // BuildKit asks the registry for what it needs.
    expect(usesForeignBase({ ...classic, buildx: true }, "linux/arm64")).toBe(false);
  });

  test("nothing is built for a platform that the base image lacks", () => {
    const both = { buildx: true, platforms: ["linux/amd64", "linux/arm64"], attests: true };
    expect(restrictTo(both, "node:24", ["linux/amd64", "linux/arm64", "linux/s390x"])).toBe(both);
    expect(restrictTo(both, "node:24", undefined)).toBe(both);
    expect(restrictTo(both, "node:24", ["linux/amd64"])).toMatchObject({
      platforms: ["linux/amd64"],
      attests: true,
    });
    expect(restrictTo(both, "node:24", ["linux/amd64"]).fix).toContain("node:24");
    expect(restrictTo(both, "node:24", ["linux/s390x"]).platforms).toEqual([]);
  });
});
