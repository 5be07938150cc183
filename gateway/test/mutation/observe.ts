import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of the log, and of ids. */
export const observe: readonly Mutant[] = [
  ...of("observe/access-log.ts", [
    [
      "log lines hold raw bytes",
      "return needsEscape.test(short) ? json(short) :",
      `return ${never} ? json(short) :`,
      "unit:observe/access-log",
    ],
    [
      "log lines hold secrets",
      "quoted(redactQuery(target.slice(mark + 1, mark + 1 + longest)))",
      "quoted(target.slice(mark + 1))",
      "unit:observe/access-log",
    ],
    ["log lines hold passwords of paths", "quoted(redactPath(", "quoted((", "unit:observe/access-log"],
    ["log lines of any length", "text.length > longest ? ", `${never} ? `, "unit:observe/access-log"],
    ["the access log cannot be left out", "if (!this.requests) return;", "", "unit:observe/access-log"],
    [
      "lines that find no room are not counted",
      "if (this.#write(note + lines) === false) this.dropped += count;\n    else if",
      "this.#write(note + lines);\n    if",
      "unit:observe/access-log",
    ],
    [
      "nobody is told of lines that found no room",
      "      lost > 0 ? `$",
      `      ${never} ? \`$`,
      "unit:observe/access-log",
    ],
    [
      "lines that found no room are told again and again",
      "else if (lost > 0) this.#told += lost;",
      "",
      "unit:observe/access-log",
    ],
    [
      "lines are not gathered",
      "if (this.#pending.length >= flushLength) this.#hand();",
      "if (this.#pending.length >= 0) this.#hand();",
      "unit:observe/access-log",
    ],
    [
      "lines wait for ever",
      "else this.#timer ??= setTimeout(() => this.#hand(), flushMs).unref();",
      "",
      "unit:observe/access-log",
    ],
    [
      "the time in the log stands still",
      "if (second !== this.#second) {",
      "if (this.#second < 0) {",
      "unit:observe/access-log",
    ],
    [
      "times are not told",
      "if (upstreamMs !== undefined) text +=",
      `if (${never}) text +=`,
      "unit:observe/access-log",
    ],
    [
      "the trace is not logged",
      "if (r.traceId !== undefined) line +=",
      `if (${never}) line +=`,
      "unit:observe/access-log",
    ],
    [
      "the last lines are lost",
      "  async close(limitMs = patience): Promise<void> {\n    this.#hand();",
      "  async close(limitMs = patience): Promise<void> {",
      "unit:observe/access-log",
    ],
  ]),
  ...of("observe/output.ts", [
    [
      "lines are gathered without bound",
      'this.#waiting.length + lines.length > this.#most && this.#waiting !== ""',
      never,
      "unit:observe/access-log",
    ],
    [
      "writes end in the middle of a line",
      "return end < 0 ? this.#chunk : end + 1;",
      "return this.#chunk;",
      "unit:observe/output",
    ],
    [
      "writes of any size",
      "if (buffer.length <= this.#chunk) return buffer.length;",
      "if (buffer.length > 0) return buffer.length;",
      "unit:observe/output",
    ],
    [
      "what a write left is lost",
      "count < buffer.length ? buffer.subarray(count) : undefined",
      "undefined",
      "unit:observe/access-log",
    ],
    [
      "a pipe is not tried again",
      "else setTimeout(() => this.#next(), retryMs).unref();",
      "",
      "unit:observe/output",
    ],
    [
      "a pipe is written by a thread that waits",
      "if (!fstatSync(fd).isFIFO()) return undefined;",
      "if (fd >= 0) return undefined;",
      "unit:observe/output",
    ],
    [
      "the end does not wait for the last lines",
      "return this.#busy ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();",
      "return Promise.resolve();",
      "unit:observe/access-log process:end",
    ],
    [
      "a crash's last lines are lost in a pipe",
      "      while (!this.#fill(this.#pipe) && performance.now() < deadline)",
      `      while (${never} && performance.now() < deadline)`,
      "unit:observe/output",
    ],
    ["a crash waits for the log's reader", " && performance.now() < deadline)", ")", "process:end"],
    ["a crash's last lines are lost in a socket", "        input,\n", '        input: "",\n', "process:end"],
    [
      "a reader that is gone ends the gateway",
      'if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;',
      'if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;\n        throw error;',
      "unit:observe/output",
    ],
  ]),
  ...of("observe/redact.ts", [
    [
      "escaped names hide secrets",
      "if (secretName.test(decoded(name)))",
      "if (secretName.test(name))",
      "unit:observe/access-log",
    ],
    ["names escaped twice hide secrets", "i < 2 &&", "i < 1 &&", "unit:observe/access-log"],
    [
      "; parts no parameters",
      "if (char !== 38 && char !== 59) continue;",
      "if (char !== 38) continue;",
      "unit:observe/access-log",
    ],
    [
      "addresses within a value hide secrets",
      'return value.includes("=") && secretName.test(value) ?',
      `return ${never} ?`,
      "unit:observe/access-log",
    ],
    [
      "a path shows a password",
      'return path.includes("@") ? path.replace(userinfo, "$1//REDACTED@") : path;',
      "return path;",
      "unit:observe/access-log",
    ],
  ]),
  ...of("observe/request-id.ts", [
    ["request ids are no UUIDs", "-4${hex.slice(13, 16)}", "-${hex.slice(12, 16)}", "unit:observe/ids"],
    ["request ids of any length", "{1,200}$/", "+$/", "unit:observe/ids"],
  ]),
  ...of("observe/random.ts", [
    ["random digits come again", "  next += count;\n", "", "unit:observe/ids"],
    [
      "random digits run out",
      "if (next + count > digits.length) {",
      'if (digits === "") {',
      "unit:observe/ids",
    ],
  ]),
  ...of("observe/trace.ts", [
    [
      "any text is a trace",
      "if (given.length < 55 || !shape.test(given)) return false;",
      "",
      "unit:observe/ids",
    ],
    ["an id of zeros is one", "(?!0{32})", "", "unit:observe/ids"],
    [
      "version 00 may be longer",
      'return given.length === 55 || !given.startsWith("00");',
      "return true;",
      "unit:observe/ids",
    ],
    [
      "anybody decides what is traced",
      "known === undefined || !trusted || sampledFlag(known)",
      "known === undefined || sampledFlag(known)",
      "unit:observe/ids",
    ],
    [
      "a trace begins anew",
      "const id = known?.slice(3, 35) ?? traceId();",
      "const id = traceId();",
      "unit:observe/ids",
    ],
    [
      "a later version goes on as it is",
      'return given.startsWith("00") ? given :',
      "return given.length > 0 ? given :",
      "unit:observe/ids",
    ],
  ]),
];
