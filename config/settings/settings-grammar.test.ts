import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { parseSettings } from "./parse.ts";
import { stackNameProblems } from "./stack-name.ts";

const parsed = (settings: Record<string, unknown>) =>
  parseSettings(
    Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        `platform:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
const refusal = (settings: Record<string, unknown>): string => {
  try {
    parsed(settings);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
};
const cluster = (more: Record<string, unknown>) => ({ target: "kubernetes", ...more });
const service = (one: object) => ({ services: { "core-service": one } });
const bucket = (more: object) =>
  cluster({ backups: { to: { bucket: { endpoint: "https://s3.example.org", name: "abc", ...more } } } });
const [certificate = "", another = ""] = rootCertificates;

test.each<[Record<string, unknown>, string]>([
  [{ cors: ["https://a.b:70000"] }, "platform:cors[0]: must be an origin"],
  [{ cors: ["https://a.b/"] }, "--type string 'https://a.b'"],
  [{ cors: ["https://a.b", "https://a.b"] }, "pulumi config rm --path 'platform:cors[1]'"],
  [{ trustedProxies: ["10.0.0.0/8", "10.0.0.0/8"] }, "platform:trustedProxies[1]: is the same as [0]"],
  [{ ports: { redisUi: 8001 } }, "pulumi config rm --path 'platform:ports.redisUi'"],
  [{ engine: "tcp://host:99999" }, "platform:engine: must be the address of an engine"],
  [{ engine: "/run/podman.sock" }, "--type string 'unix:///run/podman.sock'"],
  [{ publicHost: "https://App.example.org/x" }, "--type string 'app.example.org'"],
  [{ jwt: { issuer: "a".repeat(256) } }, "platform:jwt.issuer: "],
  [{ jwt: { audience: "a\nb" } }, "platform:jwt.audience: must be one line"],
  [service({ env: { "A\nB": "x" } }), "must be the name of a variable"],
  [service({ env: { lower: "x" } }), "must be the name of a variable"],
  [service({ env: { A: "x\0" } }), "platform:services.core-service.env.A: has the control character \\u0000"],
  [service({ env: { A: " " } }), "platform:services.core-service.env.A: is empty"],
  [service({ env: { A: "x".repeat(131_072) } }), "is longer than 128 KiB"],
  [service({ memoryMiB: 2 ** 31 }), "platform:services.core-service.memoryMiB: "],
  [
    { images: { overrides: { kafka: { reference: "x/y:1", tag: "2" } } } },
    "pulumi config rm --path 'platform:images.overrides.kafka.tag'",
  ],
  [
    cluster(service({ replicas: 1, autoscale: { min: 1, max: 2 } })),
    "platform:services.core-service.replicas: is of no use beside autoscale",
  ],
  [
    cluster(service({ egress: [{ host: "127.0.0.1", port: 25 }] })),
    "egress[0].host: must not be the machine itself",
  ],
  [cluster(service({ annotations: { "a..b/c": "x" } })), "must be a name such as example.org/name"],
  [cluster(service({ annotations: { a: "x".repeat(262_144) } })), "must have at most 256 KiB together"],
  [cluster({ kubernetes: { dns: { podLabels: { "a b": "x" } } } }), "must be a name such as"],
  [cluster({ kubernetes: { pullSecrets: ["a", "a"] } }), "kubernetes.pullSecrets[1]: is the same as [0]"],
  [cluster({ kubernetes: { postgres: { volume: { size: "10GB" } } } }), "--type string '10Gi'"],
  [cluster({ kubernetes: { postgres: { volume: { size: "8388608Ti" } } } }), "must be less than 8Ei"],
  [
    cluster({
      kubernetes: { exposure: { type: "loadBalancer", sourceRanges: ["10.0.0.0/8", "10.0.0.0/8"] } },
    }),
    "sourceRanges[1]: is the same as [0]",
  ],
  [
    cluster({ external: { kafka: { host: "k", replicationFactor: 1, minInSyncReplicas: 2 } } }),
    "external.kafka.minInSyncReplicas: must not be more than replicationFactor",
  ],
  [cluster({ external: { kafka: { host: "k", replicationFactor: 1e6 } } }), "replicationFactor: "],
  [
    cluster({
      external: { postgres: { host: "p", ca: "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----" } },
    }),
    "external.postgres.ca: must be a PEM certificate, and cannot be read as one",
  ],
  [
    cluster({
      external: {
        mongo: {
          host: "p",
          ca: `${certificate}\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----`,
        },
      },
    }),
    "number 2 cannot be read as one",
  ],
  [bucket({ endpoint: "s3.example.org" }), "--type string 'https://s3.example.org'"],
  [bucket({ endpoint: "https://s3.example.org:70000" }), "backups.to.bucket.endpoint: must be https://"],
  [bucket({ endpoint: "https://a_b" }), "backups.to.bucket.endpoint: must be https://"],
])("%j is refused", (settings, message) => expect(refusal(settings)).toContain(message));

test.each<Record<string, unknown>>([
  { ports: { redisUi: false } },
  { engine: "ssh://user@host" },
  { engine: "tcp://[::1]:2376" },
  { engine: "npipe:////./pipe/docker_engine" },
  { cors: ["https://a.b:65535", "capacitor://localhost"] },
  service({ env: { PEM: "a\n\tb", N: 5 } }),
  { images: { overrides: { kafka: { reference: "x/y:1" }, redis: { tag: "8.0.1" } } } },
  cluster({ external: { postgres: { host: "p", ca: `# ours\n${certificate}\n${another}\n` } } }),
  cluster({ kubernetes: { postgres: { volume: { size: "8388607Ti" } } } }),
  cluster(service({ annotations: { "a.b/C_d": "x", plain: "" } })),
  bucket({ endpoint: "http://[::1]:9000", spool: "1Gi" }),
])("%j is taken", (settings) => expect(refusal(settings)).toBe("accepted"));

test("a stack's name can become a part of the names that are made of it", () => {
  const problems = (stack: string, settings: Record<string, unknown> = {}) =>
    stackNameProblems("beat-ecoprove", stack, parsed(settings)).map(
      ({ message, fix }) => `${message} | ${fix}`,
    );
  for (const stack of ["dev", "prod-docker", "my_stack", "a.b"]) expect(problems(stack)).toEqual([]);
  expect(problems("Prod")).toEqual([
    expect.stringMatching(/lower-case letters alone \| pulumi stack rename prod --stack Prod/),
  ]);
  for (const stack of ["my_stack", "a.b", "Prod", "x".repeat(50)])
    expect(problems(stack, cluster({}))).toEqual([expect.stringContaining("its namespace and labels")]);
  expect(problems("x".repeat(49), cluster({}))).toEqual([]);
});
