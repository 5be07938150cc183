import type { GraphResource } from "./rule.ts";

/** A small Kubernetes platform that keeps every rule; tests break it in one place at a time. */
export function goodGraph(): GraphResource[] {
  const metadata = (name: string) => ({ name, namespace: "beat" });
  const restricted = {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  };
  const container = (name: string, more: object = {}) => ({
    name,
    image: `registry.example.org/${name}:1.0.0`,
    securityContext: restricted,
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "64Mi" } },
    ...more,
  });
  const probes = { livenessProbe: { tcpSocket: { port: 1 } }, readinessProbe: { tcpSocket: { port: 1 } } };
  const template = (name: string, ...containers: object[]) => ({
    metadata: { labels: { app: name } },
    spec: { securityContext: { seccompProfile: { type: "RuntimeDefault" } }, containers },
  });
  const object = (kind: string, group: string, name: string, rest: object): GraphResource => ({
    type: `kubernetes:${group}:${kind}`,
    name,
    props: { metadata: metadata(name), ...rest },
  });
  const service = (name: string, spec: object) => object("Service", "core/v1", name, { spec });
  return [
    object("Secret", "core/v1", "passwords", { stringData: { "postgres-api": "s3cretS3cret" } }),
    object("ConfigMap", "core/v1", "routes", { data: { "routes.json": "{}" } }),
    object("Deployment", "apps/v1", "api", {
      spec: {
        replicas: 2,
        template: template(
          "api",
          container("api", {
            ...probes,
            env: [
              { name: "POSTGRES_PASSWORD", valueFrom: { secretKeyRef: { name: "passwords", key: "x" } } },
              { name: "KEY_PASSWORD_FILE", value: "/run/secrets/key" },
              { name: "PORT", value: "2000" },
            ],
            ports: [
              { name: "http", containerPort: 9000 },
              { name: "metrics", containerPort: 9464 },
            ],
          }),
        ),
      },
    }),
    object("StatefulSet", "apps/v1", "redis", {
      spec: { template: template("redis", container("redis", probes)) },
    }),
    object("Job", "batch/v1", "provision", { spec: { template: template("provision", container("job")) } }),
    object("PodDisruptionBudget", "policy/v1", "api", {
      spec: { selector: { matchLabels: { app: "api" } }, maxUnavailable: 1 },
    }),
    object("NetworkPolicy", "networking.k8s.io/v1", "default-deny", {
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    }),
    service("api", { selector: { app: "api" }, ports: [{ name: "http", port: 80, targetPort: "http" }] }),
    service("api-metrics", { selector: { app: "api" }, ports: [{ port: 9464, targetPort: "metrics" }] }),
    service("redis", { selector: { app: "redis" }, clusterIP: "None", ports: [{ port: 6379 }] }),
    object("Ingress", "networking.k8s.io/v1", "public", {
      spec: {
        rules: [{ http: { paths: [{ backend: { service: { name: "api", port: { name: "http" } } } }] } }],
      },
    }),
  ];
}
