import { afterAll, describe, expect, test, vi } from "vitest";
import { expectWired, signUp } from "../engine/journey.ts";
import { ClusterStack } from "./cluster-stack.ts";
import { selfSigned } from "./neighbour.ts";
import { Outside } from "./outside.ts";
import { missingForCluster } from "./requirements.ts";

const minutes = 60_000;
const missing = await missingForCluster();
const host = "beat.example.org";
/** `<IngressClass>/<namespace of its controller>`. */
const [ingressClass = "", ingressNamespace = ""] = process.env.BEAT_TEST_INGRESS?.split("/") ?? [];
/** `<namespace>/<name>` of a Gateway for any host, with an HTTPS listener that uses Secret `beat-test-tls` beside it. */
const [gatewayNamespace = "", gatewayName = ""] = process.env.BEAT_TEST_GATEWAY_API?.split("/") ?? [];

// The tests of this file tell one story and depend on one another's order.
describe("the way in from outside, on a real cluster", { timeout: 10 * minutes }, () => {
  const stack = new ClusterStack();
  const small = { kafka: { cpu: "30m", brokers: 1, volume: { size: "1Gi" } } };
  let tls = { certificate: "", key: "" };
  const story = (name: string, needed: string | undefined, body: () => Promise<void>) =>
    test(name, async ({ skip }) => {
      if (missing !== undefined || needed !== undefined) skip(missing ?? needed);
      await body();
    });
  const noIngress = ingressNamespace === "" ? "BEAT_TEST_INGRESS names no controller" : undefined;
  const noGateway = gatewayName === "" ? "BEAT_TEST_GATEWAY_API names no Gateway" : undefined;

  /** Makes the Secret that TLS ends with. */
  const provide = async (namespace: string, name: string): Promise<void> => {
    const metadata = { name, namespace };
    const data = { "tls.crt": tls.certificate, "tls.key": tls.key };
    await stack.apply({
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata,
      stringData: data,
    });
  };
  const use = async (outside: Outside): Promise<void> => {
    // The controller takes a moment to notice routes and certificates.
    await vi.waitFor(async () => expect((await outside.fetch("/_gateway/ready")).status).toBe(200), {
      timeout: minutes,
      interval: 1000,
    });
    await expectWired(outside, ["/auth", "/core", "/messaging"]);
    const account = await signUp(outside);
    const login = await outside.fetch("/auth/account/token", {
      method: "POST",
      body: JSON.stringify({ grant_type: "password", ...account }),
      headers: { "content-type": "application/json" },
    });
    const { access_token: token } = (await login.json()) as { access_token: string };
    expect(await outside.echo(`/socket/websocket?token=${token}&vsn=2.0.0`, "hello")).toBe("hello");
    const answer = await outside.fetch("/auth/.well-known/jwks.json");
    expect(answer.headers.get("x-frame-options")).toBe("DENY");
    // What says how the platform is doing is not for everybody.
    expect((await outside.fetch("/metrics")).status).toBe(404);
  };

  afterAll(async () => {
    if (missing !== undefined || (noIngress !== undefined && noGateway !== undefined)) return;
    await stack.remove();
  }, 5 * minutes);

  story("an Ingress with TLS leads to every service, WebSockets too", noIngress, async () => {
    tls = await selfSigned(host);
    await stack.load();
    const exposure = {
      type: "ingress",
      className: ingressClass,
      tlsSecret: "gateway-tls",
      controllerNamespace: ingressNamespace,
    };
    stack.vary({ publicHost: host, kubernetes: { ...small, exposure } });
    await stack.up();
    await provide(stack.namespace, "gateway-tls");
    const path = "jsonpath={.status.loadBalancer.ingress[0].ip}";
    const address = await stack.kubectl("get", "ingress", "gateway", "-o", path);
    await use(new Outside(host, address, tls.certificate));
    expect(await stack.up()).toEqual({});
    expect(await stack.refresh()).toEqual({});
  });

  story("so does a Gateway of the Gateway API, in place of it", noGateway, async () => {
    if (tls.certificate === "") tls = await selfSigned(host);
    await stack.load();
    await provide(gatewayNamespace, "beat-test-tls");
    const exposure = {
      type: "gatewayApi",
      gateway: { name: gatewayName, namespace: gatewayNamespace },
      controllerNamespace: gatewayNamespace,
    };
    stack.vary({ publicHost: host, kubernetes: { ...small, exposure } });
    await stack.up();
    expect(await stack.kubectl("get", "ingress", "-o", "name")).toBe("");
    const address = await stack.kubectl(
      ...["-n", gatewayNamespace, "get", "gateways.gateway.networking.k8s.io", gatewayName],
      ...["-o", "jsonpath={.status.addresses[0].value}"],
    );
    await use(new Outside(host, address, tls.certificate));
    expect(await stack.up()).toEqual({});
    expect(await stack.refresh()).toEqual({});
  });
});
