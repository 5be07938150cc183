import { notRouted } from "../message/refusals.ts";
import type { Exchange } from "./exchange.ts";
import type { Readiness } from "./readiness.ts";

const own = "/_gateway";

/** Whether a target is one of the gateway's own, which no route can take. */
export const isOwn = (target: string): boolean =>
  target.startsWith(own) && (target.length === own.length || /[/?]/.test(target[own.length] ?? ""));

/**
 * Answers `/_gateway/health`, which says that the process serves, and `/_gateway/ready`, which says whether to send
 * requests here: 503 while an upstream is away and from the first moment of a drain.
 */
export async function answerOwnPath(
  exchange: Exchange,
  target: string,
  readiness: Readiness,
  draining: () => boolean,
): Promise<void> {
  const path = target.split("?", 1)[0];
  const get = exchange.method === "GET" || exchange.method === "HEAD";
  if (get && path === `${own}/health`) return exchange.reply(200, '{"status":"ok"}\n');
  if (!get || path !== `${own}/ready`) return exchange.refuse(notRouted(404, "no such path"));
  const upstreams = await readiness.states();
  const ready = !draining() && upstreams.every(({ status }) => status === "ok");
  const status = draining() ? "draining" : ready ? "ok" : "failed";
  exchange.reply(ready ? 200 : 503, `${JSON.stringify({ status, upstreams })}\n`);
}
