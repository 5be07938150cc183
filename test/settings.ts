import { parseSettings } from "../config/settings/parse.ts";
import type { DockerSettings, KubernetesSettings } from "../config/settings/schema.ts";

type Texts = Readonly<Record<string, string | undefined>>;
type Config = Readonly<Record<string, string>>;

/** Settings of a stack on an engine, read as those of a real one are. */
export function dockerSettings(config: Config = {}, environment: Texts = {}): DockerSettings {
  const settings = parseSettings(config, environment);
  if (settings.target !== "docker") throw new Error("these are settings of a stack on a cluster");
  return settings;
}

/** Settings of a stack on a cluster, read as those of a real one are. */
export function kubernetesSettings(config: Config = {}): KubernetesSettings {
  const settings = parseSettings({ "platform:target": "kubernetes", ...config });
  if (settings.target !== "kubernetes") throw new Error("these are settings of a stack on an engine");
  return settings;
}
