import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { imageReference } from "../../../config/catalogue.ts";
import type { PlatformModel } from "../../../config/define/model.ts";
import { formerSecrets, requiredSecrets } from "../../../config/environment.ts";
import type { DockerSettings } from "../../../config/settings/schema.ts";
import { clientHost } from "../../../core/addresses.ts";
import { stackName } from "../../../core/names.ts";
import type { OwnProgram, Role, Workload } from "../../../core/workload.ts";
import type { EngineTraits } from "../../engine/health-check.ts";
import { writeContext } from "../../images/build-context.ts";
import { buildContext } from "../../images/own-images.ts";
import { inForce, type StateResource } from "../../operate/stack-state.ts";
import { Secrets } from "../../secrets/component.ts";
import { ofRole, pagesOf, type Transform, workloadsOf } from "../../workloads/plan.ts";
import { stackLabel } from "../labels.ts";
import { Containers, runWorkload } from "./containers.ts";
import { buildImage, Images } from "./engine-images.ts";
import type { DockerTarget } from "./target.ts";
import { DataVolumes } from "./volumes.ts";

/** What {@link DockerPlatform} is made from. */
export interface DockerPlatformArgs {
  readonly platform: PlatformModel;
  readonly settings: DockerSettings;
  readonly stack: string;
  /** The project's root folder, absolute. */
  readonly root: string;
  /** The stack's state as the last run left it; none for a new stack. */
  readonly state?: readonly StateResource[];
  /** What a stack changes of its workloads. */
  readonly transform?: Transform | undefined;
  /** In what the engine differs from others; default: in nothing that is known. */
  readonly engine?: EngineTraits;
}

/** The whole platform on one container engine. */
export class DockerPlatform extends pulumi.ComponentResource {
  /** Where people reach it: name to URL. */
  readonly urls: Readonly<Record<string, string>>;

  constructor(name: string, args: DockerPlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("beat:docker:Platform", name, {}, opts);
    const { platform, settings, stack, root } = args;
    const prefix = stackName(platform.name, stack);
    const parent = this;
    // First of all: what is wrong with a transform is told before anything is registered.
    const workloads = workloadsOf(
      platform,
      { kind: "engine", settings, stack, id: prefix, waitsForExit: false },
      args.transform,
    );
    const secrets = new Secrets(
      "secrets",
      {
        names: requiredSecrets(platform, settings),
        former: formerSecrets(platform, settings),
        settings,
        state: args.state ?? [],
      },
      { parent },
    );
    const images = new Images("images", { parent });
    const network = new docker.Network(
      "network",
      { name: prefix, driver: "bridge", labels: [{ label: stackLabel, value: prefix }] },
      // Podman fills these in by itself; read back, they would replace the network and all that is on it at each `up`.
      { parent, ignoreChanges: ["ipamOptions", "ipamDriver", "options"] },
    );
    const built = new Map<string, pulumi.Output<string>>();
    const volumes = new DataVolumes(prefix, args.state ?? []);
    const target: DockerTarget = {
      volumes,
      platform,
      settings,
      prefix,
      buildDirectory: `.beat/build/${stack}`,
      network,
      engine: args.engine ?? { startInterval: false },
      known: (name) =>
        inForce(args.state ?? []).find(
          ({ type, urn }) => type === "docker:index/container:Container" && urn.split("::").pop() === name,
        )?.outputs,
      images: images.idOf,
      ownImage: (program, files) => {
        const key = JSON.stringify([program, files]);
        const image = built.get(key) ?? ownImage(target, root, program, files, parent);
        built.set(key, image);
        return image;
      },
    };
    const started = new Map<string, docker.Container>();
    const group = (type: string, groupName: string, role: Role) =>
      new Containers(type, groupName, target, ofRole(workloads, role), started, secrets, { parent });
    group("Stores", "stores", "store");
    group("Provisioners", "provisioners", "provisioner");
    group("Services", "services", "service");
    for (const workload of ofRole(workloads, "gateway"))
      runWorkload(target, workload, started, secrets, parent);
    if (ofRole(workloads, "backup").length > 0) group("Backups", "backups", "backup");
    // Watches of consumers are among them, whatever the stack says of developer tools; the name stays for stacks that know it.
    if (ofRole(workloads, "tool").length > 0) group("DevTools", "dev-tools", "tool");
    volumes.letGoOfOthers(parent);
    this.urls = urlsOf(platform, settings, workloads);
    this.registerOutputs({ urls: this.urls });
  }
}

/** Bundles one of the project's programs and builds its image. */
function ownImage(
  target: DockerTarget,
  root: string,
  program: OwnProgram,
  extra: Readonly<Record<string, string>>,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const context = `${target.buildDirectory}/${program}`;
  const written = buildContext(program, root, extra).then((files) => {
    writeContext(join(root, context), files);
    return context;
  });
  return buildImage(
    `${program}-image`,
    {
      reference: `localhost/${target.prefix}-${program}:latest`,
      context: written,
      base: imageReference("node", target.settings.images),
    },
    { parent },
  );
}

function urlsOf(
  platform: PlatformModel,
  settings: DockerSettings,
  workloads: readonly Workload[],
): Record<string, string> {
  const { ports } = settings;
  const urls: Record<string, string> = {};
  if (ports.gateway !== false) {
    const base = `http://${clientHost(settings.bind)}:${ports.gateway}`;
    urls.gateway = `${base}/_gateway/ready`;
    for (const service of Object.values(platform.services)) {
      const route = service.routes.find(({ strip }) => strip);
      const { probe } = service.health;
      if (route !== undefined && "http" in probe) urls[service.name] = `${base}${route.prefix}${probe.http}`;
    }
  }
  return { ...urls, ...pagesOf(workloads, clientHost(settings.storesBind)) };
}
