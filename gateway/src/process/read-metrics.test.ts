import { createServer } from "node:http";
import { expect, test } from "vitest";
import { listening } from "../../test/support/bare-server.ts";
import { readMetrics } from "./read-metrics.ts";

test("the metrics of a gateway that listens at any address are read on loopback", async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.end("gateway_tunnels 0\n");
  });
  const metricsPort = await listening(server);
  try {
    for (const host of ["0.0.0.0", "127.0.0.1"])
      expect(await readMetrics({ host, metricsPort })).toBe("gateway_tunnels 0\n");
    expect(asked).toEqual(["/metrics", "/metrics"]);
  } finally {
    server.close();
  }
});

test("metrics that nobody tells are one line that says why", async () => {
  await expect(readMetrics({ host: "::", metricsPort: undefined })).rejects.toThrow(
    "GATEWAY_METRICS_PORT is not set: no gateway of this environment tells metrics",
  );
  const server = createServer((_, response) =>
    response.writeHead(503).end("the metrics cannot be collected\n"),
  );
  const metricsPort = await listening(server);
  await expect(readMetrics({ host: "127.0.0.1", metricsPort })).rejects.toThrow(
    `port ${metricsPort}: answered 503 instead of metrics: the metrics cannot be collected`,
  );
  await new Promise((resolve) => server.close(resolve));
  await expect(readMetrics({ host: "127.0.0.1", metricsPort })).rejects.toThrow(
    `port ${metricsPort}: no gateway listens there`,
  );
});
