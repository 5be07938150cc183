import { type Mutant, of } from "./mutant.ts";

/** Mutants of reading an upstream's answer and of writing it to the client. */
export const answers: readonly Mutant[] = [
  ...of("message/response-head.ts", [
    [
      "what begins with no status line is a body (HTTP/0.9)",
      "if (line === null) return undefined;",
      'if (line === null) return Object.assign(new ResponseHead(), { status: 200, reason: "OK", keepAlive: false });',
      "answers",
    ],
    ["any version in a status line", "/^HTTP\\/1\\.([01]) ", "/^HTTP\\/\\d\\.(\\d) ", "answers"],
    ["any number of digits in a status", "([1-9]\\d\\d)", "(\\d+)", "answers"],
    ["a status line must have a reason", "(?: (.*))?$/", "(?: (.+))$/", "answers"],
    ["any field name in an answer", "if (kind === notAToken) return undefined;", "", "answers"],
    [
      "a line without a colon is passed over",
      "if (colon < 0 || colon > end) return undefined;",
      "if (colon < 0 || colon > end) {\n      at = end + 2;\n      continue;\n    }",
      "answers",
    ],
    [
      "a length said twice is passed on twice",
      "head.length = Number(value);",
      "keep = head.length >= 0;\n          head.length = Number(value);",
      "answers",
    ],
    [
      "the fields of an answer change their order",
      "head.kept = kept + text.slice(run);",
      "head.kept = (kept + text.slice(run)).split(/(?<=\\r\\n)/).sort().join('');",
      "fields",
    ],
    ["fields before one that means something are lost", "kept += text.slice(run, at);", "", "limits fields"],
    ["HTTP/1.0 keeps its connection", "head.keepAlive = !head.http10;", "head.keepAlive = true;", "pool"],
  ]),
  ...of("message/chunked.ts", [
    ["a word after a chunk size", "else if (byte !== 0x20 && byte !== 0x09) return false;", "", "cut"],
    ["junk after a chunk size", "else return false;\n        return true;", "return true;", "cut"],
    [
      "a sign before a chunk size",
      "if (this.#digits === 0) return false;",
      "if (this.#digits === 0) return byte === 0x2b || byte === 0x2d;",
      "cut",
    ],
    [
      "a bare LF after a chunk size",
      "return ++this.#digits <= mostDigits;\n        }",
      "return ++this.#digits <= mostDigits;\n        }\n        if (byte === 0x0a && this.#digits > 0) {\n          this.#digits = 0;\n          this.#state = this.#size === 0 ? State.trailerStart : State.data;\n          return true;\n        }",
      "cut",
    ],
  ]),
  ...of("upstream/connection.ts", [
    [
      "a body that is not valid counts as whole",
      'if (at < 0) return this.#fail("ERR_BAD_RESPONSE");',
      "if (at < 0) return this.#finish(true);",
      "cut",
    ],
    [
      "a reset ends an answer",
      'this.#fail(error.code ?? "ERR_SOCKET")',
      '{ const { user } = this; if (this.#framing < 0) return this.#fail(error.code ?? "ERR_SOCKET"); this.#finish(true); user?.afterRead(); }',
      "cut",
    ],
    ["an interim answer is the final one", "if (head.status < 200) {", "if (head.status < 100) {", "answers"],
  ]),
  ...of("proxy/exchange.ts", [
    [
      "the connection stays open after an answer that was cut",
      "this.connection.closing = true;\n    this.connection.socket.destroy();",
      "",
      "cut drain",
    ],
    ["text is written as UTF-8", 'socket.write(text, "latin1");', 'socket.write(text, "utf8");', "fields"],
    ["a client that asks for the end does not get it", "!this.response.shouldKeepAlive ||", "", "fields"],
  ]),
  ...of("proxy/answer.ts", [
    [
      "an answer does not say that it is the last",
      "if (this.closes) fields +=",
      "if (Date.now() < 0) fields +=",
      "drain fields",
    ],
    ["no Date", "if (!head.hasDate) fields", "if (Date.now() < 0) fields", "fields"],
    ["the reason is the gateway's own", "head.reason", '"OK"', "routing"],
    [
      "a read buffer is used again while a slow client is sent it",
      "return kept ? keepsBuffer : 0;",
      "return kept ? 0 : 0;",
      "client",
    ],
  ]),
  ...of("proxy/forward.ts", [
    [
      "an upstream's 500 is a bad answer",
      "this.#answer = new Answer(this.#exchange",
      'if (head.status >= 500) return this.onFailure("ERR_BAD_RESPONSE");\n    this.#answer = new Answer(this.#exchange',
      "routing",
    ],
    [
      "an answer before the end of the upload is a bad one",
      "this.#answer = new Answer(this.#exchange",
      'if (!this.requestSent) return this.onFailure("ERR_BAD_RESPONSE");\n    this.#answer = new Answer(this.#exchange',
      "client",
    ],
  ]),
  ...of("observe/access-log.ts", [
    [
      "log lines hold raw bytes",
      "return needsEscape.test(short) ? json(short) :",
      "return Date.now() < 0 ? json(short) :",
      "fields",
    ],
    [
      "log lines hold secrets",
      "quoted(redactQuery(target.slice(mark + 1, mark + 1 + longest)))",
      "quoted(target.slice(mark + 1))",
      "fields",
    ],
  ]),
];
