/** The base of the stand-in: Node, and bash for the probe. */
export const standInBase = "node:24-bookworm-slim";

/** What stands in for the image with dashboards: its page, its receiver of spans, and what it was given. */
const program = `
import http from "node:http";
import { readFileSync } from "node:fs";
const spans = [];
http.createServer((request, response) => {
  const url = new URL(request.url, "http://x");
  if (url.pathname === "/api/health") return response.end("ok");
  if (url.pathname === "/spans") return response.end(JSON.stringify(spans));
  try { response.end(readFileSync(url.searchParams.get("file") ?? "")); } catch { response.writeHead(404).end(); }
}).listen(3000);
http.createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  for (const { resource, scopeSpans } of JSON.parse(text).resourceSpans) {
    const service = resource.attributes.find(({ key }) => key === "service.name").value.stringValue;
    for (const { traceId, name, kind } of scopeSpans.flatMap((scope) => scope.spans)) spans.push({ service, traceId, name, kind });
  }
  response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
}).listen(4318);
process.on("SIGTERM", () => process.exit(0));
`;

/** Its Dockerfile, which copies nothing. */
export const standIn = [
  `FROM ${standInBase}`,
  `RUN mkdir -p /srv && echo ${Buffer.from(program).toString("base64")} | base64 -d > /srv/server.mjs`,
  'CMD ["node", "/srv/server.mjs"]',
].join("\n");
