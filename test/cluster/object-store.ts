import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { imageReference } from "../../config/catalogue.ts";
import { parseSettings } from "../../config/settings.ts";
import { kubeconfig } from "./requirements.ts";

const port = 8443;
const name = "objects";
const bucket = "beat";

/** The image that is both, the platform's client and the server of these tests. */
export const rcloneImage = imageReference("rclone", parseSettings({}).images);

/** An S3 server over TLS in a namespace of its own, as somebody else would run it. */
export class ObjectStore {
  readonly namespace: string;
  /** Names the stack's secrets for it, as settings do. */
  readonly keys = {
    "backups-access-key-id": `AK${randomBytes(9).toString("hex").toUpperCase()}`,
    // With what passwords of the platform may not have.
    "backups-secret-access-key": `s/${randomBytes(16).toString("hex")}+/=`,
  };
  #certificate = "";

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** What a stack says of it. */
  get settings(): object {
    return { endpoint: `https://${this.#host}:${port}`, name: bucket, ca: this.#certificate, spool: "1Gi" };
  }

  get #host(): string {
    return `${name}.${this.namespace}.svc`;
  }

  async start(): Promise<void> {
    const tls = await selfSigned(this.#host);
    this.#certificate = tls.certificate;
    const { "backups-access-key-id": id, "backups-secret-access-key": secret } = this.keys;
    const labels = { app: name };
    const objects = [
      {
        kind: "Namespace",
        metadata: {
          name: this.namespace,
          labels: { "pod-security.kubernetes.io/enforce": "restricted" },
        },
      },
      {
        kind: "Secret",
        metadata: { name },
        // A list in the form of rclone's variables, whose one value has a comma of its own.
        stringData: { RCLONE_AUTH_KEY: `"${id},${secret}"`, "tls.crt": tls.certificate, "tls.key": tls.key },
      },
      {
        kind: "Service",
        metadata: { name },
        spec: { selector: labels, ports: [{ port, targetPort: port }] },
      },
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec: deployment(labels) },
    ].map((object) => ({
      apiVersion: "v1",
      ...object,
      metadata: { ...object.metadata, ...(object.kind !== "Namespace" && { namespace: this.namespace }) },
    }));
    const list = { apiVersion: "v1", kind: "List", items: objects };
    await execa("kubectl", ["apply", "-f", "-"], { env, input: JSON.stringify(list) });
    await this.kubectl("rollout", "status", `deployment/${name}`, "--timeout=90s");
  }

  async remove(): Promise<void> {
    const args = ["delete", "namespace", this.namespace, "--ignore-not-found", "--timeout=90s"];
    await execa("kubectl", args, { env });
  }

  /** The objects in the bucket, by their keys. */
  async objects(): Promise<string[]> {
    const found = await this.shell(`cd /data/${bucket} && find . -type f`);
    return found
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replace(/^\.\//, ""))
      .sort();
  }

  /** Puts an object of a few bytes behind the server's back. */
  async put(key: string): Promise<void> {
    const file = `/data/${bucket}/${key}`;
    await this.shell(`mkdir -p "$(dirname '${file}')" && echo old > '${file}'`);
  }

  shell(script: string): Promise<string> {
    return this.kubectl("exec", `deployment/${name}`, "--", "sh", "-c", script);
  }

  async kubectl(...args: string[]): Promise<string> {
    return (await execa("kubectl", ["-n", this.namespace, ...args], { env })).stdout;
  }
}

const env = { KUBECONFIG: kubeconfig ?? "" };

const deployment = (labels: Readonly<Record<string, string>>) => ({
  replicas: 1,
  selector: { matchLabels: labels },
  template: {
    metadata: { labels },
    spec: {
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1009,
        fsGroup: 1009,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name,
          image: rcloneImage,
          command: ["sh", "-c"],
          args: [
            `mkdir -p /data/${bucket} && exec rclone serve s3 --addr :${port} --cert /tls/tls.crt --key /tls/tls.key --dir-cache-time 0s /data`,
          ],
          env: [
            { name: "RCLONE_CONFIG", value: "/dev/null" },
            {
              name: "RCLONE_AUTH_KEY",
              valueFrom: { secretKeyRef: { name, key: "RCLONE_AUTH_KEY" } },
            },
          ],
          readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          volumeMounts: [
            { name: "data", mountPath: "/data" },
            { name: "tls", mountPath: "/tls", readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: "data", emptyDir: {} },
        { name: "tls", secret: { secretName: name } },
      ],
    },
  },
});

/** A certificate that is its own authority. */
async function selfSigned(host: string): Promise<{ certificate: string; key: string }> {
  const folder = mkdtempSync(join(tmpdir(), "beat-tls-"));
  const [key, certificate] = [join(folder, "tls.key"), join(folder, "tls.crt")];
  try {
    await execa("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate],
      ...["-subj", "/CN=objects", "-addext", `subjectAltName=DNS:${host}`],
    ]);
    return { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
