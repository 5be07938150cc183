import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleGateway } from "../../infra/image/bundle.ts";
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
      ["proxy/forward.ts", "chunk.length <= mostJoined) {", "chunk.length < 0) {"],
      ["proxy/answer.ts", "if (length <= mostText && ", "if (length < 0 && "],
      ["proxy/answer.ts", "if (!this.#chunked && length <= mostJoined) {", "if (length < 0) {"],
    ],
  },
  {
    name: "bodies up to 8 KiB as text",
    edits: [
      [
        "message/joined-write.ts",
        "  const before = text.length;\n",
        '  if (Date.now() > 0) return socket.write(text + bytes.toString("latin1", start, end), "latin1");\n  const before = text.length;\n',
      ],
    ],
  },
  {
    name: "a new buffer for every read",
    edits: [
      ["upstream/connection.ts", "      onread: {", "      ...{ onread: undefined }, was: {"],
      [
        "upstream/connection.ts",
        '    this.socket.on("connect",',
        '    this.socket.on("data", (chunk: Buffer) => {\n      if (!this.#onRead(chunk.length, chunk)) this.socket.pause();\n    });\n    this.socket.on("connect",',
      ],
    ],
  },
  {
    name: "request bodies through a Readable",
    edits: [
      [
        "proxy/incoming.ts",
        "  sendBodyTo(sink: BodySink): void {",
        '  sendBodyTo(sink: BodySink): void {\n    this.on("data", (chunk: Buffer) => void sink.onRequestBody(chunk));\n    this.on("end", () => sink.onRequestEnd());\n  }\n\n  unused(sink: BodySink): void {',
      ],
      ["proxy/incoming.ts", "  override push(", "  unusedPush("],
      ["proxy/incoming.ts", "  override resume(): this {\n    return this;\n  }", ""],
      // A Readable destroys itself at its end; that is no client that has left.
      ["proxy/incoming.ts", "    this.onGone?.onClientGone();\n", ""],
      ["proxy/incoming.ts", '"readableEnded", {', '"unusedEnded", {'],
    ],
  },
  {
    name: "fields as Node's objects too",
    edits: [
      [
        "proxy/server.ts",
        "    const { head } = request;\n",
        "    void request.headersDistinct;\n    const { head } = request;\n",
      ],
    ],
  },
  {
    name: "a timer for every request",
    edits: [
      [
        "proxy/forward.ts",
        "    this.#context.deadlines.add(this);\n",
        "    this.timer = setTimeout(() => this.onDeadline(), this.#state.responseTimeout);\n",
      ],
      ["proxy/forward.ts", "    this.#context.deadlines.remove(this);\n", "    clearTimeout(this.timer);\n"],
      ["proxy/forward.ts", "  #phase: string =", "  timer: NodeJS.Timeout | undefined;\n  #phase: string ="],
    ],
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
