import { dirname } from "node:path/posix";
import { backupOf, consumerWatchOf } from "../../core/names.ts";
import type { Problem } from "../../core/problems.ts";
import type { PlatformModel } from "./model.ts";
import { isWithin } from "./route-check.ts";

/** Volumes that are one, or lie in each other's way; and names that leave no room for what is called after them. */
export const volumeProblems = (platform: PlatformModel): Problem[] => [
  ...sharedNames(platform),
  ...Object.values(platform.services).flatMap(({ name, needs }) => [
    ...mounts(name, needs),
    ...longNames(name, needs),
  ]),
];

type Needs = PlatformModel["services"][string]["needs"];

function sharedNames(platform: PlatformModel): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const { name, needs } of Object.values(platform.services))
    needs.volumes.forEach((volume, index) => {
      const owner = owners.get(volume.name);
      if (owner !== undefined)
        problems.push({
          path: `services.${name}.needs.volumes[${index}]`,
          message: `volume "${volume.name}" already belongs to ${owner}`,
          fix: "use another name",
        });
      owners.set(volume.name, name);
    });
  return problems;
}

function mounts(service: string, { volumes, signingKey }: Needs): Problem[] {
  const problems: Problem[] = [];
  const taken = new Map<string, string>();
  const keys = signingKey?.directory;
  volumes.forEach(({ name, path: folder }, index) => {
    const path = `services.${service}.needs.volumes[${index}]`;
    const other = taken.get(folder);
    if (other !== undefined)
      problems.push({
        path: `${path}.path`,
        message: `${folder} is already where ${other} is mounted`,
        fix: "mount it elsewhere",
      });
    taken.set(folder, name);
    // An empty volume over the keys makes auth panic at its start; where they lie something is mounted already.
    if (keys !== undefined && (isWithin(folder, keys) || folder === dirname(keys)))
      problems.push({ path, message: `would hide the signing key in ${keys}`, fix: "mount it elsewhere" });
  });
  return problems;
}

/** Source: Kubernetes, "CronJob": 52 characters, since a job's name is longer; a host name has 63. */
function longNames(service: string, { volumes, kafka }: Needs): Problem[] {
  const derived = [
    ...(volumes.length > 0 ? [{ name: backupOf(service), most: 52, what: "what saves its volumes" }] : []),
    ...(kafka !== undefined && kafka.reconnects !== true
      ? [{ name: consumerWatchOf(service), most: 63, what: "what watches its consumer" }]
      : []),
  ];
  return derived
    .filter(({ name, most }) => name.length > most)
    .map(({ name, most, what }) => ({
      path: `services.${service}`,
      message: `${what} would be called ${name}, of ${name.length} characters, and ${most} are the most`,
      fix: `give the service a name of at most ${service.length - (name.length - most)} characters`,
    }));
}
