import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleGateway } from "../../infra/images/bundle.ts";
import { type Contender, gateway, shipped } from "./contenders.ts";

/** A technique taken out again: what stands in the source, and what a plainer gateway would say there. */
interface Ablation {
  readonly name: string;
  readonly edits: readonly (readonly [file: string, from: string, to: string])[];
  readonly flags?: readonly string[];
}

const ablations: readonly Ablation[] = [
  {
    name: "head and body written apart",
    edits: [
      ["proxy/sending.ts", "chunk.length <= mostText) {", "chunk.length < 0) {"],
      ["proxy/answer.ts", "if (length <= mostText && ", "if (length < 0 && "],
    ],
  },
  {
    name: "a new buffer for every read",
    edits: [
      ["node/upstream-socket.ts", "    onread: {", "    ...{ onread: undefined }, was: {"],
      [
        "upstream/connection.ts",
        '    this.socket.on("drain", () =>',
        '    this.socket.on("data", (chunk: Buffer) => {\n      if (!this.onRead(chunk.length, chunk)) this.socket.pause();\n    });\n    this.socket.on("drain", () =>',
      ],
      ["upstream/connection.ts", "if (buffer !== this.#buffer || ", "if (buffer.length < 0 || "],
    ],
  },
  {
    name: "request bodies through a Readable",
    edits: [
      [
        "node/request.ts",
        "  sendBodyTo(sink: BodySink): void {",
        '  sendBodyTo(sink: BodySink): void {\n    this.on("data", (chunk: Buffer) => void sink.onRequestBody(chunk));\n    this.on("end", () => sink.onRequestEnd());\n  }\n\n  unused(sink: BodySink): void {',
      ],
      ["node/request.ts", "  override push(", "  unusedPush("],
      ["node/request.ts", "  override resume(): this {\n    return this;\n  }", ""],
      ["node/request.ts", '"readableEnded", {', '"unusedEnded", {'],
    ],
  },
  {
    name: "fields as Node's objects too",
    edits: [
      [
        "proxy/request-handler.ts",
        "    const place = this.#locate(exchange);\n",
        "    void request.headersDistinct;\n    const place = this.#locate(exchange);\n",
      ],
    ],
  },
  {
    name: "connections used again in the same turn",
    edits: [
      [
        "upstream/pool.ts",
        "if (this.#settling.push(connection) === 1) setImmediate(settle, this);",
        "this.#settling.push(connection);\n    settle(this);",
      ],
    ],
  },
  {
    name: "a parser that does not stop",
    edits: [["client/connection.ts", "    stopWhenFull(socket);\n", ""]],
  },
  {
    name: "random bytes for every id",
    edits: [["observe/random.ts", "Buffer.allocUnsafe(8192)", "Buffer.allocUnsafe(16)"]],
  },
  { name: "Node's usual young generation", edits: [], flags: ["--max-semi-space-size=16"] },
];

/**
 * Builds the gateway once for every technique, without it.
 * @throws when the text to replace is not there exactly once: the source has moved on.
 */
export async function ablated(node: string, folder: string): Promise<Contender[]> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const built: Contender[] = [];
  for (const [index, { name, edits, flags = [] }] of ablations.entries()) {
    const copy = `${folder}/ablation-${index}`;
    mkdirSync(copy);
    cpSync(`${root}gateway/src`, `${copy}/gateway/src`, { recursive: true });
    for (const [path, from, to] of edits) {
      const file = `${copy}/gateway/src/${path}`;
      const [before, after, ...more] = readFileSync(file, "utf8").split(from);
      if (after === undefined || more.length > 0)
        throw new Error(`"${name}": ${path} must have once: ${from}`);
      writeFileSync(file, before + to + after);
    }
    const file = `${copy}/gateway.mjs`;
    writeFileSync(file, await bundleGateway(copy));
    const build = shipped(node, false);
    built.push(gateway(name, { ...build, file, flags: [...build.flags, ...flags] }));
  }
  return built;
}
