import http, { type Server } from "node:http";
import { merge, type Snapshot } from "./metrics.ts";

/** Media type of {@link exposition}. */
const expositionType = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Serves `GET /metrics` and nothing else, on a port of its own that no client reaches.
 * @param collect the snapshots of all workers; a rejection is answered 503.
 * @returns the server; the caller lets it listen and closes it.
 */
export function createMetricsServer(collect: () => Promise<readonly Snapshot[]>): Server {
  const server = http.createServer({ maxHeaderSize: 8_192, requestTimeout: 10_000 }, (request, response) => {
    const plain = { "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store" };
    const answer = (status: number, body: string, type = "text/plain; charset=utf-8") => {
      response.writeHead(status, {
        ...plain,
        "Content-Type": type,
        "Content-Length": Buffer.byteLength(body),
      });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    request.resume();
    if (request.url?.split("?", 1)[0] !== "/metrics") return answer(404, "not found\n");
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return answer(405, "only GET\n");
    }
    collect().then(
      (snapshots) => answer(200, exposition(merge(snapshots)), expositionType),
      () => answer(503, "the metrics cannot be collected\n"),
    );
  });
  server.maxConnections = 64;
  return server;
}

/** A snapshot in the Prometheus text format 0.0.4. A family without series is left out. */
export function exposition(snapshot: Snapshot): string {
  let text = "";
  for (const family of snapshot) {
    const { name } = family;
    if (family.samples.length === 0) continue;
    text += `# HELP ${name} ${family.help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}\n# TYPE ${name} ${family.type}\n`;
    if (family.type !== "histogram") {
      for (const { labels, value } of family.samples) text += `${name}${labelled(labels)} ${number(value)}\n`;
      continue;
    }
    for (const { labels, counts, sum } of family.samples) {
      let total = 0;
      counts.forEach((count, i) => {
        total += count;
        const bound = family.bounds[i];
        const le = bound === undefined ? "+Inf" : String(bound);
        text += `${name}_bucket${labelled({ ...labels, le })} ${total}\n`;
      });
      text += `${name}_sum${labelled(labels)} ${number(sum)}\n${name}_count${labelled(labels)} ${total}\n`;
    }
  }
  return text;
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const number = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
