import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformModel } from "../../../config/define/model.ts";
import type { DockerSettings } from "../../../config/settings/schema.ts";
import type { OwnProgram } from "../../../core/workload.ts";
import type { EngineTraits } from "../../engine/health-check.ts";
import type { DataVolumes } from "./volumes.ts";

/** What every component of the docker target is given. */
export interface DockerTarget {
  readonly platform: PlatformModel;
  readonly settings: DockerSettings;
  /** Prefix of everything the stack owns on the engine, e.g. `beat-ecoprove-dev`. */
  readonly prefix: string;
  /** Folder for build contexts, relative to the project's root: the Docker provider keeps the path in its state. */
  readonly buildDirectory: string;
  readonly network: docker.Network;
  readonly volumes: DataVolumes;
  /** In what the engine differs from others. */
  readonly engine: EngineTraits;
  /** What the state knows of a container from the last run, by its workload's name; undefined for a new one. */
  readonly known: (name: string) => Readonly<Record<string, unknown>> | undefined;
  /** The id of an image by its reference. */
  readonly images: (reference: string) => pulumi.Output<string>;
  /** The id of an image of one of the project's own programs, with more files in it. */
  readonly ownImage: (program: OwnProgram, files: Readonly<Record<string, string>>) => pulumi.Output<string>;
}
