import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { imageReference, sourceOf } from "../../config/catalogue.ts";
import { requiredSecrets } from "../../config/environment.ts";
import type { PlatformModel } from "../../config/model.ts";
import { routeTable } from "../../config/routes.ts";
import type { Settings } from "../../config/settings.ts";
import { gatewayName, stackName } from "../../core/names.ts";
import { writeContext } from "../image/context.ts";
import { buildContext, type OwnProgram } from "../image/own-images.ts";
import { Secrets } from "../secrets.ts";
import { DevTools } from "./dev-tools.ts";
import { buildImage, Images } from "./images.ts";
import { managedContainer } from "./managed-container.ts";
import { gatewayProbe } from "./probes.ts";
import { Provisioners } from "./provisioners.ts";
import { Services } from "./services.ts";
import { Stores } from "./stores.ts";
import { type DockerTarget, stackLabel } from "./target.ts";

/** What {@link DockerPlatform} is made from. */
export interface DockerPlatformArgs {
  readonly platform: PlatformModel;
  readonly settings: Settings;
  readonly stack: string;
  /** The project's root folder, absolute. */
  readonly root: string;
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
    const secrets = new Secrets("secrets", requiredSecrets(platform, settings), settings, { parent });
    const images = new Images("images", { parent });
    const network = new docker.Network(
      "network",
      { name: prefix, driver: "bridge", labels: [{ label: stackLabel, value: prefix }] },
      { parent },
    );
    const target: DockerTarget = {
      platform,
      settings,
      prefix,
      buildDirectory: `.beat/build/${stack}`,
      network,
      images: images.idOf,
    };
    const own = (program: OwnProgram, extra: Readonly<Record<string, string>> = {}) =>
      ownImage(target, root, program, extra, parent);

    const stores = new Stores("stores", target, secrets, { parent });
    const provisioners = new Provisioners("provisioners", target, stores, secrets, own("provision"), {
      parent,
    });
    const samples = Object.values(platform.services).some(
      (service) => sourceOf(service, settings) === "sample",
    );
    const services = new Services(
      "services",
      target,
      { stores, provisioners, secrets },
      samples ? own("sample") : undefined,
      { parent },
    );
    managedContainer(
      target,
      {
        name: gatewayName,
        aliases: ["proxy"],
        image: own("gateway", {
          "routes.json": `${JSON.stringify(routeTable(platform, settings.cors), undefined, 2)}\n`,
        }),
        env: { PROXY_PORT: String(platform.gateway.port) },
        ports: [{ internal: platform.gateway.port, external: settings.ports.gateway }],
        health: { test: gatewayProbe, startupSeconds: slowestStart(platform) },
        memoryMiB: platform.gateway.memoryMiB,
        stopGraceSeconds: platform.gateway.stopGraceSeconds,
        readOnly: true,
        dropCapabilities: true,
      },
      // Beside the services, not after them: it is healthy once each of them answers through it.
      { parent, dependsOn: services.prerequisites },
    );
    if (settings.devTools) new DevTools("dev-tools", target, stores, secrets, { parent });
    this.urls = urlsOf(platform, settings);
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

/** The gateway is ready when the slowest service is, seconds. */
const slowestStart = (platform: PlatformModel): number =>
  Math.max(60, ...Object.values(platform.services).map(({ health }) => health.startupSeconds));

function urlsOf(platform: PlatformModel, settings: Settings): Record<string, string> {
  const { ports, devTools } = settings;
  const host = ["0.0.0.0", "127.0.0.1"].includes(settings.bind) ? "localhost" : settings.bind;
  const urls: Record<string, string> = {};
  if (ports.gateway !== false) {
    const base = `http://${host}:${ports.gateway}`;
    urls.gateway = `${base}/_gateway/ready`;
    for (const service of Object.values(platform.services)) {
      const route = service.routes.find(({ strip }) => strip);
      const { probe } = service.health;
      if (route !== undefined && "http" in probe) urls[service.name] = `${base}${route.prefix}${probe.http}`;
    }
  }
  if (devTools && ports.mongoExpress !== false)
    urls["mongo-express"] = `http://${host}:${ports.mongoExpress}`;
  if (devTools && ports.redisUi !== false) urls["redis-ui"] = `http://${host}:${ports.redisUi}`;
  return urls;
}
