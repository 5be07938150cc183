import { expect, test } from "vitest";
import { graphOf, type Json, objects } from "./kubernetes-graph.ts";

/** A cluster with all that can be said of one. */
const graph = await graphOf(
  {
    dns: { namespace: "dns", podLabels: { app: "coredns" }, port: 1053, addresses: ["10.96.0.10/32"] },
    ipFamilies: ["IPv6", "IPv4"],
    uploads: { accessMode: "ReadWriteMany" },
    exposure: {
      type: "ingress",
      className: "alb",
      controllerNamespace: "front",
      controllerAddresses: ["10.9.0.0/16"],
    },
    backups: { timeZone: "Europe/Lisbon" },
  },
  {
    "platform:services": JSON.stringify({
      "auth-service": { egress: [{ host: "smtp.example.org", port: 587 }] },
    }),
  },
);
const policy = (name: string): Json => objects(graph, "NetworkPolicy").get(name).spec;
const namespace = (name: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});
const both = (port: number) => ["UDP", "TCP"].map((protocol) => ({ protocol, port }));

test("names are resolved where it says, and nowhere else", () => {
  expect(policy("dns").egress).toEqual([
    {
      to: [{ ...namespace("dns"), podSelector: { matchLabels: { app: "coredns" } } }],
      ports: both(1053),
    },
    { to: [{ ipBlock: { cidr: "10.96.0.10/32" } }], ports: both(53) },
  ]);
});

test("a controller that is no pod of a namespace is let in by its addresses", () => {
  expect(policy("to-gateway").ingress).toEqual([
    {
      from: [namespace("front"), { ipBlock: { cidr: "10.9.0.0/16" } }],
      ports: [{ protocol: "TCP", port: 9000 }],
    },
  ]);
  const [{ env }] = objects(graph, "Deployment").get("gateway").spec.template.spec.containers;
  const trusted = env.find(({ name }: Json) => name === "GATEWAY_TRUSTED_PROXIES").value;
  expect(trusted.split(",")).toEqual(expect.arrayContaining(["10.0.0.0/8", "10.9.0.0/16"]));
  // Its certificates are its own: it finds them by the host.
  expect(objects(graph, "Ingress").get("gateway").spec.tls).toEqual([{ hosts: ["localhost"] }]);
});

test("every Service has the families that it says", () => {
  const services = [...objects(graph, "Service").values()];
  expect(services.length).toBeGreaterThan(10);
  for (const { spec } of services)
    expect(spec).toMatchObject({ ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] });
});

test("a service whose volume many nodes mount is rolled as any other", () => {
  const { strategy, template } = objects(graph, "Deployment").get("core-service").spec;
  expect(strategy.type).toBe("RollingUpdate");
  expect(template.spec.affinity).toBeUndefined();
  const shared = [...objects(graph, "PersistentVolumeClaim").values()].filter(({ spec }) =>
    spec.accessModes.includes("ReadWriteMany"),
  );
  expect(shared).toHaveLength(1);
});

test("backups have a time zone", () => {
  for (const [, { spec }] of objects(graph, "CronJob")) expect(spec.timeZone).toBe("Europe/Lisbon");
});

test("a service may connect to what it names outside, and no other one may", () => {
  const smtp = (name: string) => policy(name).egress.filter(({ ports }: Json) => ports[0].port === 587);
  expect(smtp("from-auth-service")).toEqual([
    {
      to: [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }],
      ports: [{ protocol: "TCP", port: 587 }],
    },
  ]);
  expect(smtp("from-core-service")).toEqual([]);
});
