import { expect, test } from "vitest";
import { kubernetesSettings } from "../../test/settings.ts";
import { type Controller, controllerOf, privateRanges } from "./exposure.ts";
import { frontNotes, frontProblems, trustedProxiesOf } from "./front.ts";
import { parseSettings } from "./parse.ts";

const texts = (config: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      `platform:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
const settings = (config: Readonly<Record<string, unknown>>) => parseSettings(texts(config));
const cluster = (exposure: object, more: object = {}) =>
  kubernetesSettings(texts({ kubernetes: { exposure }, ...more }));
const ingress = (more: object = {}) => ({ type: "ingress", tlsSecret: "t", ...more });
const route = { type: "gatewayApi", gateway: { name: "g", namespace: "n" } };
const engine = (more: object = {}) => settings({ target: "docker", ...more });
const notes = (of: ReturnType<typeof settings>): string =>
  frontNotes(of)
    .map(({ name, text }) => `${name}: ${text}`)
    .join("\n");

test("who may speak to the gateway is what the stack says, what its class tells, or what it always was", () => {
  const found = (exposure: object): Controller | undefined =>
    controllerOf(cluster(exposure).kubernetes.exposure);
  expect(found(ingress({ className: "alb", controllerNamespace: "mine" }))).toEqual({
    namespaces: ["mine"],
    addresses: [],
    origin: "said",
  });
  expect(found({ ...route, controllerAddresses: ["10.9.0.0/16"] })).toEqual({
    namespaces: [],
    addresses: ["10.9.0.0/16"],
    origin: "said",
  });
  expect(found(ingress({ className: "alb" }))).toMatchObject({ namespaces: [], origin: "class" });
  // GKE reads the annotation alone.
  const gce = found(ingress({ annotations: { "kubernetes.io/ingress.class": "gce" } }));
  expect(gce?.addresses).toContain("35.191.0.0/16");
  expect(found(ingress({ className: "traefik" }))?.namespaces).toEqual(["traefik"]);
  for (const className of ["nginx", "unheard-of", undefined])
    expect(found(ingress({ className }))).toMatchObject({
      namespaces: ["ingress-nginx"],
      origin: "assumed",
    });
  expect(found({ type: "loadBalancer" })).toBeUndefined();
});

test("a controller's X-Forwarded-* are believed, and nobody's when the stack says so", () => {
  expect(trustedProxiesOf(cluster(ingress()))).toEqual(privateRanges);
  expect(trustedProxiesOf(cluster(ingress({ controllerAddresses: ["10.9.0.0/16"] })))).toEqual([
    "10.9.0.0/16",
  ]);
  expect(trustedProxiesOf(cluster(ingress(), { trustedProxies: [] }))).toEqual([]);
  expect(trustedProxiesOf(cluster(ingress(), { trustedProxies: ["10.1.0.0/16"] }))).toEqual(["10.1.0.0/16"]);
  // Where it was before.
  const before = { exposure: ingress(), gateway: { trustedProxies: ["10.2.0.0/16"] } };
  expect(trustedProxiesOf(settings({ target: "kubernetes", kubernetes: before }))).toEqual(["10.2.0.0/16"]);
  for (const type of ["none", "loadBalancer"]) expect(trustedProxiesOf(cluster({ type }))).toEqual([]);
});

test("on an engine a public name on a port of this machine alone means a proxy of this machine", () => {
  const publicHost = "beat.example.org";
  expect(trustedProxiesOf(engine())).toEqual([]);
  expect(trustedProxiesOf(engine({ publicHost }))).toEqual(expect.arrayContaining(privateRanges));
  expect(trustedProxiesOf(engine({ publicHost, trustedProxies: [] }))).toEqual([]);
  // Clients of a private network may come themselves.
  expect(trustedProxiesOf(engine({ publicHost, bind: "0.0.0.0" }))).toEqual([]);
  expect(trustedProxiesOf(engine({ trustedProxies: ["172.20.0.0/16"] }))).toEqual(["172.20.0.0/16"]);
});

test("what is not said is told to whom it concerns, with what to type", () => {
  const publicHost = "beat.example.org";
  const asked = /platform:trustedProxies is not set.*config set --path 'platform:trustedProxies\[0\]'/;
  expect(notes(engine({ publicHost, bind: "0.0.0.0" }))).toMatch(asked);
  expect(notes(cluster({ type: "loadBalancer" }, { publicHost }))).toMatch(asked);
  expect(notes(cluster(ingress()))).toMatch(/only pods of namespace ingress-nginx.*controllerNamespace/);
  expect(notes(cluster(ingress({ className: "gce" })))).toMatch(/Google's balancer adds its own address/);
  const said = { controllerNamespace: "mine" };
  for (const quiet of [
    engine(),
    engine({ publicHost, trustedProxies: [] }),
    cluster({ type: "none" }, { publicHost }),
    cluster(ingress(said), { trustedProxies: ["10.0.0.0/8"] }),
  ])
    expect(notes(quiet)).toBe("");
});

test("a setting that is said twice, or a Gateway of which nobody knows the proxies, is refused", () => {
  const twice = settings({
    target: "kubernetes",
    trustedProxies: ["10.1.0.0/16"],
    kubernetes: { gateway: { trustedProxies: ["10.2.0.0/16"] } },
  });
  expect(frontProblems(twice)).toMatchObject([{ path: "platform:kubernetes.gateway.trustedProxies" }]);
  expect(frontProblems(cluster(route))).toMatchObject([
    { path: "platform:kubernetes.exposure.controllerNamespace" },
  ]);
  expect(frontProblems(cluster({ ...route, controllerNamespace: "n" }))).toEqual([]);
});

test.each(["10.0.0.0/99", "300.1.1.1/8", "1.2.3/8", "fd00::/200", "::::/1", "10.0.0.1", "fe80::1%eth0/64"])(
  "%j is no address range",
  (range) => {
    expect(() => engine({ trustedProxies: [range] })).toThrow(
      /trustedProxies\[0\]: must be an address range such as/,
    );
  },
);
