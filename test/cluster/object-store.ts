import { randomBytes } from "node:crypto";
import { imageReference } from "../../config/catalogue.ts";
import { parseSettings } from "../../config/settings/parse.ts";
import { Neighbour, selfSigned } from "./neighbour.ts";

const port = 8443;
const name = "objects";
const bucket = "beat";

/** The image that is both, the platform's client and the server of these tests. */
export const rcloneImage = imageReference("rclone", parseSettings({}).images);

/** An S3 server over TLS in a namespace of its own. */
export class ObjectStore extends Neighbour {
  /** By the names of the stack's secrets. */
  readonly keys = {
    "backups-access-key-id": `AK${randomBytes(9).toString("hex").toUpperCase()}`,
    // With what a password of the platform may not have.
    "backups-secret-access-key": `s/${randomBytes(16).toString("hex")}+/=`,
  };
  #certificate = "";

  /** What a stack says of it. */
  get settings(): object {
    const endpoint = `https://${this.hostOf(name)}:${port}`;
    return { endpoint, name: bucket, ca: this.#certificate, spool: "1Gi" };
  }

  async start(): Promise<void> {
    const { certificate, key } = await selfSigned(this.hostOf(name));
    this.#certificate = certificate;
    const { "backups-access-key-id": id, "backups-secret-access-key": secret } = this.keys;
    const serve = `exec rclone serve s3 --addr :${port} --cert /tls/tls.crt --key /tls/tls.key --dir-cache-time 50ms /data`;
    await this.run([
      {
        name,
        port,
        uid: 1009,
        // A list in the form of rclone's variables, whose one value has a comma of its own.
        secret: { keys: `"${id},${secret}"`, "tls.crt": certificate, "tls.key": key },
        container: {
          image: rcloneImage,
          command: ["sh", "-c", `mkdir -p /data/${bucket} && ${serve}`],
          env: [
            { name: "RCLONE_CONFIG", value: "/dev/null" },
            { name: "RCLONE_AUTH_KEY", valueFrom: { secretKeyRef: { name, key: "keys" } } },
          ],
          volumeMounts: [
            { name: "data", mountPath: "/data" },
            { name: "tls", mountPath: "/tls", readOnly: true },
          ],
        },
        volumes: [
          { name: "data", emptyDir: {} },
          { name: "tls", secret: { secretName: name } },
        ],
      },
    ]);
  }

  /** The objects in the bucket, by their keys. */
  async objects(): Promise<string[]> {
    const found = await this.exec(name, "sh", "-c", `cd /data/${bucket} && find . -type f`);
    return found
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replace(/^\.\//, ""))
      .sort();
  }

  /** Puts an object of a few bytes behind the server's back. */
  async put(key: string): Promise<void> {
    const file = `/data/${bucket}/${key}`;
    await this.exec(name, "sh", "-c", `mkdir -p "$(dirname '${file}')" && echo old > '${file}'`);
  }
}
