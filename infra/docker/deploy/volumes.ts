import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Volume } from "../../../core/workload.ts";
import type { StateResource } from "../../operate/stack-state.ts";
import { keptLabel, stackLabel } from "../labels.ts";

/** Component of the volumes that a run lets go of; by it the next run knows them. */
const letGoType = "beat:docker:LetGo";

/** A volume as the last run left it. */
interface Known {
  readonly urn: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * The volumes of a stack on an engine. They are protected: `beat down` leaves them, `beat down --volumes` lifts the protection.
 * One that no part of the platform uses any more leaves the state and stays on the engine, with its data; a part that uses it
 * again finds it there by its name.
 */
export class DataVolumes {
  readonly #prefix: string;
  readonly #known: ReadonlyMap<string, Known>;
  readonly #made = new Map<string, docker.Volume>();

  /** @param state the stack's, as the last run left it. */
  constructor(prefix: string, state: readonly StateResource[]) {
    this.#prefix = prefix;
    this.#known = new Map(
      state
        .filter(({ type }) => type === "docker:index/volume:Volume")
        .map(({ urn, outputs = {} }) => [urn.split("::").pop() as string, { urn, outputs }]),
    );
  }

  /** A volume, as it is where it is there: what saves one mounts it, too. */
  of({ name, kept = false }: Volume, parent: pulumi.Resource): docker.Volume {
    const there = this.#made.get(name);
    if (there !== undefined) return there;
    const made = this.#declare(name, {
      // What is kept is not the stack's any more: whoever cleans up after the stack must not find it.
      labels: [{ label: kept ? keptLabel : stackLabel, value: this.#prefix }],
      options: { parent, protect: true, retainOnDelete: kept },
    });
    this.#made.set(name, made);
    return made;
  }

  /**
   * Lets go of those that nothing has asked for, in two runs: Pulumi refuses to delete what is protected, and a run can only lift
   * the protection of what it still declares.
   */
  letGoOfOthers(platform: pulumi.Resource): void {
    const unused = [...this.#known].filter(([name]) => !this.#made.has(name));
    const dropped = (urn: string) => urn.includes(`${letGoType}$`);
    // Without anything to hold it would be a change of its own in the run after the next one.
    const parent = unused.every(([, { urn }]) => dropped(urn))
      ? platform
      : new pulumi.ComponentResource(letGoType, "let-go", {}, { parent: platform });
    for (const [name, { urn, outputs }] of unused) {
      if (!dropped(urn))
        this.#declare(name, {
          labels: outputs.labels as docker.VolumeArgs["labels"],
          options: { parent, protect: false, retainOnDelete: true },
        });
      // A promise that the engine awaits by itself.
      void pulumi.log.warn(
        `volume ${name}: no part of the platform uses it; it stays on the engine with its data, and a part that uses it again finds it; ` +
          `to delete it${dropped(urn) ? "" : ", after the next up"}: docker volume rm ${this.#prefix}-${name}`,
        parent,
      );
    }
  }

  #declare(
    name: string,
    {
      labels = [],
      options,
    }: {
      labels: docker.VolumeArgs["labels"];
      options: pulumi.CustomResourceOptions & { parent: pulumi.Resource };
    },
  ): docker.Volume {
    const known = this.#known.get(name);
    return new docker.Volume(
      name,
      { name: `${this.#prefix}-${name}`, labels },
      {
        ...options,
        // Whatever part it belonged to before.
        aliases: known === undefined ? [] : [known.urn],
        // One that an operator made first, on another disk say, stays as it was made: the engine changes none of that in place.
        ignoreChanges: ["driver", "driverOpts", "labels"],
      },
    );
  }
}
