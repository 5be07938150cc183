import http from "node:http";
import type { Settings } from "../settings.ts";
import { ownHost } from "./own-host.ts";
import { StartError } from "./start-error.ts";

/** Milliseconds; a primary waits two seconds for its workers. */
const limit = 4_000;

/**
 * What a gateway on this machine answers to a scraper: for whoever is inside its container, whose port leads nowhere.
 * @throws {StartError} when it has no such port, or does not answer.
 */
export async function readMetrics({
  host,
  metricsPort,
}: Pick<Settings, "host" | "metricsPort">): Promise<string> {
  if (!metricsPort)
    throw new StartError("GATEWAY_METRICS_PORT is not set: no gateway of this environment tells metrics", 2);
  const at = `port ${metricsPort}`;
  return await new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new StartError(`${at}: ${reason}`, 1));
    http
      .get(
        { host: ownHost(host), port: metricsPort, path: "/metrics", agent: false, timeout: limit },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
          });
          response.on("error", (error) => fail(error.message));
          response.on("end", () =>
            response.statusCode === 200
              ? resolve(text)
              : fail(`answered ${response.statusCode} instead of metrics: ${text.trim().slice(0, 200)}`),
          );
        },
      )
      .on("timeout", function (this: http.ClientRequest) {
        this.destroy(new Error(`no answer within ${limit / 1000} s`));
      })
      .on("error", (error: NodeJS.ErrnoException) =>
        fail(error.code === "ECONNREFUSED" ? "no gateway listens there" : error.message),
      );
  });
}
