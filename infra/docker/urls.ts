import type { PlatformModel } from "../../config/define.ts";
import type { Settings } from "../../config/settings.ts";

/** Where a platform answers on the host: name to URL. */
export function urlsOf(platform: PlatformModel, settings: Settings): Record<string, string> {
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
