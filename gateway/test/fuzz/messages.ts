import type { Random } from "./random.ts";

const text = (random: Random): string =>
  Array.from({ length: random.below(30) }, () =>
    random.pick(["a", "0", "\r\n", " ", "\xff", "GET / HTTP/1.1\r\n\r\n"]),
  ).join("");

/** A body as chunks. */
function chunked(random: Random, body: string): string {
  let out = "";
  for (let at = 0; at < body.length; ) {
    const size = 1 + random.below(body.length - at);
    const digits = random.chance(0.2) ? size.toString(16).toUpperCase().padStart(4, "0") : size.toString(16);
    out += `${digits}${random.chance(0.15) ? random.pick([";a", ";a=b", ';a="b;c"', " ;a"]) : ""}\r\n${body.slice(at, at + size)}\r\n`;
    at += size;
  }
  return `${out}0\r\n${random.chance(0.15) ? "X-Trailer: 1\r\n" : ""}\r\n`;
}

/** Framing fields that two recipients could read in two ways. */
const oddFraming = [
  "Content-Length: 3",
  "Content-Length: 0",
  "Content-Length: +3",
  "Content-Length: 3, 3",
  "Content-Length: 03",
  "Content-Length : 3",
  "Content-Length:\t3 ",
  "Content-Length: 0x3",
  "Content-Length: 99999999999999999999",
  "content-length: 5",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: CHUNKED",
  "Transfer-Encoding:chunked\t",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: identity, chunked",
  "Transfer-Encoding: ,chunked",
  "Transfer-Encoding:\r\n chunked",
  "Transfer-Encoding: \x0bchunked",
  "Transfer_Encoding: chunked",
  "Connection: content-length",
  "Connection: transfer-encoding, close",
];
const oddFields = [
  "X-Fz: a\tb",
  "X-Fz: caf\xc3\xa9",
  "X-Fz:",
  "X-Fz: \x01",
  "X-Fz: a\0",
  "X-Fz: a\r\n b",
  "X-Fz: a\rX-Fz: b",
  "X-Fz: a\nX-Fz: b",
  "X-Fz : a",
  " X-Fz: a",
  "X-Fz",
  ": a",
  "X-(Fz: a",
  "Host: two",
  "Expect: 100-continue",
  "Upgrade: websocket\r\nConnection: upgrade",
  "Connection: close",
  "Connection: keep-alive, X-Fz",
  "TE: trailers",
];

/** Breaks bytes at one or two random places: something is inserted, removed or replaced. */
export function damage(random: Random, bytes: string): string {
  let out = bytes;
  for (let times = 1 + random.below(2); times > 0; times--) {
    const at = random.below(out.length + 1);
    const piece = random.pick([
      "\r",
      "\n",
      "\r\n",
      " ",
      "\t",
      "\0",
      "\x0b",
      "\x7f",
      "\xa0",
      ":",
      ",",
      ";",
      "0",
      "1",
      "f",
      "-",
      "+",
      "_",
      "\r\n\r\n",
      "a",
    ]);
    const how = random.below(4);
    const rest = out.slice(how < 2 ? at : at + 1);
    out = out.slice(0, at) + (how === 2 ? "" : piece) + rest;
  }
  return out;
}

/** One request that is often, but not always, well formed. `path` marks it. */
export function fuzzedRequest(random: Random, path: string): string {
  const target = random.chance(0.1)
    ? `http://other.example${path}`
    : `${path}${random.chance(0.2) ? "?q=%20&r" : ""}`;
  const method = random.pick(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "get", "M-SEARCH"]);
  const version = random.chance(0.9)
    ? "HTTP/1.1"
    : random.pick(["HTTP/1.0", "http/1.1", "HTTP/1.2", "HTTP/2.0", "HTTP/1.1 ", "HTTP/01.1"]);
  const fields: string[] = [
    random.chance(0.93)
      ? "Host: gw"
      : random.pick(["Host: ", "host:gw", "Host: a b", "Host: a@b", "Host: gw:80", "Hos: gw", "Host: [::1]"]),
  ];
  for (let i = random.below(3); i > 0; i--)
    fields.push(random.chance(0.6) ? `X-Fz: ${random.below(100)}` : random.pick(oddFields));
  let body = "";
  const kind = random.below(4);
  if (kind === 1) {
    body = text(random);
    fields.push(`Content-Length: ${body.length + (random.chance(0.05) ? random.below(5) - 2 : 0)}`);
  } else if (kind === 2) {
    body = chunked(random, text(random));
    fields.push("Transfer-Encoding: chunked");
  }
  if (random.chance(0.15)) fields.splice(random.below(fields.length + 1), 0, random.pick(oddFraming));
  const request = `${method} ${target} ${version}\r\n${fields.join("\r\n")}\r\n\r\n${body}`;
  return random.chance(0.25) ? damage(random, request) : request;
}

const statuses = [
  "200 OK",
  "200",
  "200 ",
  "204 No Content",
  "304 Not Modified",
  "404 Not\xff Found",
  "099 X",
  "1000 X",
  "20 X",
  "+20 X",
  "100 Continue",
  "103 Early",
  "101 Switching Protocols",
  "600 X",
];

/** One answer that is often, but not always, well formed. */
export function fuzzedResponse(random: Random): string {
  const status = random.chance(0.7) ? "200 OK" : random.pick(statuses);
  const version = random.chance(0.93)
    ? "HTTP/1.1"
    : random.pick(["HTTP/1.0", "HTTP/2.0", "http/1.1", "HTTP/1.2", "ICY"]);
  const fields: string[] = [];
  for (let i = random.below(3); i > 0; i--)
    fields.push(
      random.chance(0.6)
        ? `X-Fz: ${random.below(100)}`
        : random.pick(oddFields.filter((line) => !/^(Expect|Host|Upgrade)/.test(line))),
    );
  const plain = text(random);
  let body = plain;
  const kind = random.below(5);
  if (kind <= 1)
    fields.push(`Content-Length: ${plain.length + (random.chance(0.05) ? random.below(5) - 2 : 0)}`);
  else if (kind <= 3) {
    body = chunked(random, plain);
    fields.push("Transfer-Encoding: chunked");
  }
  if (random.chance(0.15)) fields.splice(random.below(fields.length + 1), 0, random.pick(oddFraming));
  const interim = random.chance(0.1) ? "HTTP/1.1 103 Early Hints\r\nX-Fz: 0\r\n\r\n" : "";
  const after = random.chance(0.1) ? "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison" : "";
  const answer = `${interim}${version} ${status}\r\n${fields.join("\r\n")}${fields.length > 0 ? "\r\n" : ""}\r\n${body}${after}`;
  return random.chance(0.25) ? damage(random, answer) : answer;
}
