import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { kubeconfig } from "./requirements.ts";

const env = { KUBECONFIG: kubeconfig ?? "" };

/** A server of somebody else, as one container. */
export interface Server {
  readonly name: string;
  readonly port: number;
  readonly uid: number;
  readonly container: object;
  readonly volumes: readonly object[];
  /** Values of its Secret, which has its name. */
  readonly secret?: Readonly<Record<string, string>>;
}

/** A namespace beside a stack's, in which somebody else runs what the stack uses. */
export class Neighbour {
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** The name by which pods of other namespaces reach one of its servers. */
  hostOf(server: string): string {
    return `${server}.${this.namespace}.svc`;
  }

  /** Brings servers up and waits until they are ready. */
  async run(servers: readonly Server[]): Promise<void> {
    const { namespace } = this;
    const items = [
      {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      },
      ...servers.flatMap(({ name, port, secret, ...pod }) => {
        const metadata = { name, namespace };
        const selector = { server: name };
        return [
          ...(secret ? [{ apiVersion: "v1", kind: "Secret", metadata, stringData: secret }] : []),
          {
            apiVersion: "v1",
            kind: "Service",
            metadata,
            spec: { selector, ports: [{ port, targetPort: port }] },
          },
          {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata,
            spec: {
              selector: { matchLabels: selector },
              template: { metadata: { labels: selector }, spec: podOf(name, port, pod) },
            },
          },
        ];
      }),
    ];
    const list = { apiVersion: "v1", kind: "List", items };
    await execa("kubectl", ["apply", "-f", "-"], { env, input: JSON.stringify(list) });
    for (const { name } of servers)
      await this.kubectl("rollout", "status", `deployment/${name}`, "--timeout=120s");
  }

  /** Runs a command in a server's container. @returns what it wrote. */
  exec(server: string, ...command: string[]): Promise<string> {
    return this.kubectl("exec", `deployment/${server}`, "--", ...command);
  }

  async kubectl(...args: string[]): Promise<string> {
    return (await execa("kubectl", ["-n", this.namespace, ...args], { env })).stdout;
  }

  async remove(): Promise<void> {
    const args = ["delete", "namespace", this.namespace, "--ignore-not-found", "--timeout=120s"];
    await execa("kubectl", args, { env });
  }
}

const podOf = (
  name: string,
  port: number,
  { uid, container, volumes }: Pick<Server, "uid" | "container" | "volumes">,
) => ({
  securityContext: {
    runAsNonRoot: true,
    runAsUser: uid,
    fsGroup: uid,
    seccompProfile: { type: "RuntimeDefault" },
  },
  containers: [
    {
      name,
      imagePullPolicy: "IfNotPresent",
      readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      ...container,
    },
  ],
  volumes,
});

/** A certificate that is its own authority, and its key; both PEM. */
export async function selfSigned(host: string): Promise<{ certificate: string; key: string }> {
  const folder = mkdtempSync(join(tmpdir(), "beat-tls-"));
  const [key, certificate] = [join(folder, "tls.key"), join(folder, "tls.crt")];
  try {
    await execa("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate],
      ...["-subj", "/CN=neighbour", "-addext", `subjectAltName=DNS:${host}`],
    ]);
    return { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
