import { expect, test } from "vitest";
import { dockerSettings, kubernetesSettings } from "../../test/settings.ts";
import { requiredSecrets, suppliedSecrets } from "../environment.ts";
import { platform } from "../platform.ts";
import { observabilityOf } from "./observability.ts";
import { refuseShownSecrets } from "./parse.ts";

type Observed = Readonly<Record<string, unknown>>;
const engine = (observability: Observed, more: Readonly<Record<string, string>> = {}) =>
  dockerSettings({ "platform:observability": JSON.stringify(observability), ...more });
const cluster = (observability: Observed, more: Readonly<Record<string, string>> = {}) =>
  kubernetesSettings({ "platform:observability": JSON.stringify(observability), ...more });
const refusal = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
};
const at = "platform:observability";
const url = "https://otlp.example.org";

test("nothing is sent and nothing extra runs where nothing is said", () => {
  const nothing = {
    receiver: undefined,
    dev: false,
    metrics: false,
    monitors: "none",
    scraperNamespace: undefined,
    ruleLabels: {},
  };
  for (const settings of [dockerSettings(), kubernetesSettings(), engine({}), cluster({})])
    expect(observabilityOf(settings)).toEqual(nothing);
});

test("a receiver is all that spans need; its last slash is nobody's", () => {
  const receiver = { url: `${url}/otlp`, headers: {}, sample: 1, cidr: undefined };
  for (const settings of [engine({ otlp: `${url}/otlp/` }), cluster({ otlp: `${url}/otlp/` })])
    expect(observabilityOf(settings)).toMatchObject({ receiver, metrics: false });
  expect(
    observabilityOf(cluster({ otlp: url, sample: 0.01, cidr: "10.0.0.0/8", headers: { "X-Scope-OrgID": 7 } }))
      .receiver,
  ).toEqual({ url, headers: { "X-Scope-OrgID": "7" }, sample: 0.01, cidr: "10.0.0.0/8" });
});

test("the dashboards take what is sent, and metrics are there for them", () => {
  expect(observabilityOf(engine({ dev: true, sample: 0.5 }))).toMatchObject({
    receiver: { url: "http://dashboards:4318", sample: 0.5 },
    dev: true,
    metrics: true,
  });
  expect(observabilityOf(engine({ dev: true, metrics: false })).metrics).toBe(false);
  expect(observabilityOf(engine({ metrics: true })).metrics).toBe(true);
});

test("a scraper is told of the metrics; where it runs was said elsewhere before", () => {
  const old = { "platform:kubernetes": JSON.stringify({ gateway: { metricsFrom: "monitoring" } }) };
  expect(observabilityOf(cluster({}, old))).toMatchObject({ scraperNamespace: "monitoring", metrics: false });
  const labels = { release: "prometheus" };
  const said = { monitors: "prometheus-operator", ruleLabels: labels };
  expect(observabilityOf(cluster(said, old))).toMatchObject({
    metrics: true,
    monitors: "prometheus-operator",
    scraperNamespace: "monitoring",
    ruleLabels: labels,
  });
  expect(refusal(() => cluster({ scraperNamespace: "monitoring" }, old))).toContain(
    "pulumi config rm --path 'platform:kubernetes.gateway.metricsFrom'",
  );
});

test.each<[Observed, string]>([
  [{ otlp: "otlp.example.org:4318" }, `'${at}.otlp' --type string 'https://otlp.example.org:4318'`],
  [{ otlp: "grpc://otlp.example.org" }, `${at}.otlp: must be https:// or http://`],
  [{ otlp: "https://otlp.example.org?key=1" }, `${at}.otlp: must be https:// or http://`],
  [{ otlp: "https://a_b" }, `${at}.otlp: must be https:// or http://`],
  [{ otlp: "https://otlp.example.org:70000" }, `${at}.otlp: must be https:// or http://`],
  [{ otlp: "http://localhost:4318" }, `${at}.otlp: must not be the machine itself`],
  [{ otlp: "http://[::1]:4318" }, `${at}.otlp: must not be the machine itself`],
  [{ otlp: `${url}/otlp/v1/traces` }, `'${at}.otlp' --type string '${url}/otlp'`],
  [{ otlp: url, sample: 1.5 }, `${at}.sample: `],
  [{ otlp: url, sample: "all" }, `${at}.sample: `],
  [{ otlp: url, header: {} }, `${at}.header: is not a setting`],
  [{ otlp: url, headers: { "a b": "x" } }, "must be the name of a header"],
  [{ otlp: url, headers: { "Content-Type": "x" } }, "is a header that the sender sets itself"],
  [{ otlp: url, headers: { tenant: "a\nb" } }, `${at}.headers.tenant: must be 1 to 1024 printable`],
  [{ otlp: url, headers: { tenant: "" } }, `${at}.headers.tenant: must be 1 to 1024 printable`],
  [{ otlp: url, headers: { tenant: true } }, `${at}.headers.tenant: `],
  [{ otlp: url, headers: { tenant: "a", Tenant: "b" } }, `pulumi config rm --path '${at}.headers.Tenant'`],
  [
    { otlp: url, headers: { a: { secret: "Grafana_Token" } } },
    `'${at}.headers.a.secret' --plaintext 'otlp-grafana-token'`,
  ],
  [{ otlp: url, headers: { a: { secrt: "otlp-a" } } }, `${at}.headers.a`],
  [{ headers: { tenant: "a" } }, `${at}.headers: is of no use: otlp names no receiver`],
  [{ sample: 0.5 }, `${at}.sample: is of no use: otlp names no receiver`],
  [{ metrics: "yes" }, `${at}.metrics: `],
])("%j is refused on both targets", (observability, message) => {
  expect(refusal(() => engine(observability))).toContain(message);
  expect(refusal(() => cluster(observability))).toContain(message);
});

test.each<[Observed, string]>([
  [{ dev: true, otlp: url }, `pulumi config rm --path '${at}.dev', or pulumi config rm --path '${at}.otlp'`],
  [{ dev: true, headers: { a: "b" } }, `${at}.headers: is of no use with dev`],
  [{ otlp: url, cidr: "10.0.0.0/8" }, `${at}.cidr: belongs to the target kubernetes`],
  [{ monitors: "annotations" }, `${at}.monitors: belongs to the target kubernetes`],
])("%j is refused on an engine", (observability, message) =>
  expect(refusal(() => engine(observability))).toContain(message),
);

test.each<[Observed, string]>([
  [{ dev: true }, `${at}.dev: belongs to the target docker`],
  [{ otlp: url, cidr: "10.0.0.1" }, `${at}.cidr: must be an address range`],
  [{ cidr: "10.0.0.0/8" }, `${at}.cidr: is of no use: otlp names no receiver`],
  [{ monitors: "prometheus" }, `${at}.monitors: `],
  [{ monitors: "annotations" }, `${at}.scraperNamespace: is not set`],
  [{ scraperNamespace: "Monitoring" }, `${at}.scraperNamespace: must be a DNS label`],
  [{ ruleLabels: { release: "prom" } }, `${at}.ruleLabels: is of no use`],
  [{ ruleLabels: { "a b": "prom" } }, "must be a name such as example.org/name"],
])("%j is refused on a cluster", (observability, message) =>
  expect(refusal(() => cluster(observability))).toContain(message),
);

test.each(["Authorization", "x-api-key", "X-Honeycomb-Team-Token", "DD-API-KEY"])(
  "%s in the clear is refused, and its value is not shown",
  (header) => {
    for (const value of ["Bearer hunter2", "hunter2\n"]) {
      const message = refusal(() => engine({ otlp: url, headers: { [header]: value } }));
      expect(message).toContain(`${at}.headers.${header}: `);
      expect(message).not.toContain("hunter2");
    }
    const secret = `otlp-${header.toLowerCase()}`;
    expect(refusal(() => engine({ otlp: url, headers: { [header]: "Bearer hunter2" } }))).toContain(
      `pulumi config rm --path '${at}.headers.${header}' && pulumi config set --path '${at}.headers.${header}.secret' --plaintext ${secret}, then ./beat secrets set ${secret}`,
    );
    expect(refusal(() => engine({ otlp: url, headers: { [header]: { secret } } }))).toBe("accepted");
  },
);

test("a header that was set with --secret is told how it is said", () =>
  expect(() => refuseShownSecrets([at])).toThrow(
    /\.headers\.authorization\.secret' --plaintext otlp-authorization/,
  ));

test("the secrets of headers are supplied ones, and have what stands in the variable", () => {
  const secret = { secret: "otlp-authorization" };
  const said = { otlp: url, headers: { authorization: secret, "x-other-key": secret } };
  for (const settings of [engine(said), cluster(said)]) {
    expect(suppliedSecrets(settings)).toEqual(["otlp-authorization"]);
    expect(requiredSecrets(platform, settings).filter((name) => name.startsWith("otlp-"))).toHaveLength(1);
  }
  const given = (value: string) => () =>
    engine(said, { "platform:secrets": JSON.stringify({ "otlp-authorization": value }) });
  for (const value of ["Basic%20dXNlcjpwYXNz==", "glc_eyJvIjoiMSJ9", "a.b-c_d~e+f/g=", "a%2Cb"])
    expect(refusal(given(value))).toBe("accepted");
  for (const value of ["Bearer hunter2", "hunter2,b", "hunter2;b", 'hunter2"', "hunter2\\", "hunter2%", ""]) {
    expect(refusal(given(value))).toContain("Bearer%20<token>");
    expect(refusal(given(value))).not.toContain("hunter2");
  }
});

test("the port of the dashboards is in nobody's way where there are none", () => {
  const ports = (gateway: number) => ({ "platform:ports": JSON.stringify({ gateway }) });
  expect(refusal(() => engine({}, ports(3001)))).toBe("accepted");
  expect(refusal(() => engine({ dev: true }, ports(3001)))).toContain("3001 is already the port of gateway");
});
