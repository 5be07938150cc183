import { once } from "node:events";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { ProcessSuite } from "./suite.ts";

const suite = new ProcessSuite(["up"]);
const trace = "4bf92f3577b34da6a3ce929d0e0e4736";

test.each([
  ["an untrusted client's flag hides nothing, and its trace goes on", "10.9.9.9", 2],
  ["a trusted peer decides what is traced", "127.0.0.1", 1],
])("%s", async (_name, trusted, expected) => {
  const ids: string[] = [];
  const collector = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    for (const { traceId } of JSON.parse(body).resourceSpans[0].scopeSpans[0].spans) ids.push(traceId);
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(collector, "listening");
  const { gateway, port } = await suite.start({
    GATEWAY_TRUSTED_PROXIES: trusted,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    GATEWAY_DRAIN_DELAY_MS: "0",
  });
  try {
    for (const flags of ["00", "01"]) {
      const traceparent = `00-${trace}-00f067aa0ba902b7-${flags}`;
      const request = get({ host: "127.0.0.1", port, path: "/a/x", headers: { traceparent }, agent: false });
      const [response] = await once(request, "response");
      await once(response.resume(), "end");
    }
    // What is gathered is sent before the process ends.
    gateway.child.kill("SIGTERM");
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(ids).toEqual(Array.from({ length: expected }, () => trace));
  } finally {
    await gateway.stop();
    collector.closeAllConnections();
    collector.close();
  }
});
