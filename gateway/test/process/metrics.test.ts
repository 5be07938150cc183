import { expect, test } from "vitest";
import { ask, client, freePort, GatewayProcess } from "./gateway-process.ts";
import { ProcessSuite } from "./suite.ts";

const suite = new ProcessSuite(["up"]);

test("the command metrics prints what a scraper gets, those of all processes, and one line where nobody tells any", async () => {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const env = { PROXY_PORT: String(port), GATEWAY_METRICS_PORT: String(metricsPort) };
  const command = async (env: Record<string, string>) => {
    const asking = new GatewayProcess(suite.file, ["metrics"], env);
    const { code } = await asking.exited;
    return { code, stdout: asking.stdout, stderr: asking.stderr };
  };
  const gateway = new GatewayProcess(suite.file, [], {
    ...env,
    GATEWAY_ROUTES: suite.routes,
    GATEWAY_WORKERS: "2",
  });
  try {
    await gateway.event("listening");
    for (let i = 0; i < 4; i++) await ask(port, "/a/x", client());
    const { code, stdout, stderr } = await command(env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain('gateway_requests_total{route="a",status="2xx"} 4\n');
    // Two workers, and the primary.
    expect(stdout).toContain("gateway_workers 3\n");
  } finally {
    await gateway.stop();
  }
  expect(await command(env)).toEqual({
    code: 1,
    stdout: "",
    stderr: `gateway: port ${metricsPort}: no gateway listens there\n`,
  });
  expect(await command({ PROXY_PORT: String(port) })).toMatchObject({ code: 2, stdout: "" });
});
