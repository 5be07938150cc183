import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A registry that has every image it is asked for, but for names with `nowhere` in them. */
export interface Registry {
  /** `host:port`, as it stands in references. */
  readonly address: string;
  /** The digest of an image's manifest. */
  readonly digestOf: (name: string) => string;
  readonly stop: () => void;
}

const type = "application/vnd.oci.image.manifest.v1+json";
/** A manifest that differs by name. Source: OCI image specification, "Image Manifest". */
const manifestOf = (name: string): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(name), size: 2 },
    layers: [],
  });
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** Serves the read side of the OCI distribution specification on loopback, where engines want no TLS. */
export async function startRegistry(): Promise<Registry> {
  const server = createServer((request, response) => {
    const [, name, reference = ""] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(request.url ?? "") ?? [];
    if (request.url === "/v2/")
      return response.writeHead(200, { "content-type": "application/json" }).end("{}");
    if (name === undefined || name.includes("nowhere"))
      return response
        .writeHead(404, { "content-type": "application/json" })
        .end(JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: `no ${name}:${reference}` }] }));
    const manifest = manifestOf(name);
    response.writeHead(200, {
      "content-type": type,
      "content-length": Buffer.byteLength(manifest),
      "docker-content-digest": digestOf(manifest),
    });
    return response.end(request.method === "HEAD" ? undefined : manifest);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    digestOf: (name) => digestOf(manifestOf(name)),
    stop: () => server.close(),
  };
}
