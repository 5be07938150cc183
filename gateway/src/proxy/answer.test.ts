import { beforeEach, describe, expect, test } from "vitest";
import { parseResponseHead, type ResponseHead } from "../message/response-head.ts";
import { keepsBuffer } from "../upstream/connection.ts";
import { Answer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import type { RouteState } from "./route-state.ts";

/** A client whose kernel takes what is written when it is told to. */
class Client {
  status = 0;
  readonly method: string;
  readonly http10: boolean;
  readonly host = "shop.example";
  readonly id = "one";
  readonly corsFields = "";
  readonly connectionField = "";
  closes: boolean | undefined;
  /** Texts, and pieces by their length. */
  readonly writes: (string | number)[] = [];
  written = "";
  corks = 0;
  readonly connection = {
    socket: { writableLength: 0, cork: () => this.corks++, uncork: () => this.corks-- },
  };
  constructor(method = "GET", http10 = false) {
    this.method = method;
    this.http10 = http10;
  }
  decideClose(undelimited: boolean): void {
    this.closes = undelimited;
  }
  writeText(text: string): void {
    this.writes.push(text);
    this.written += text;
  }
  writeBytes(bytes: Buffer): void {
    this.writes.push(bytes.length);
    this.written += bytes.toString("latin1");
    this.connection.socket.writableLength += bytes.length;
  }
  /** What was written behind the head. */
  get body(): string {
    return this.written.slice(this.written.indexOf("\r\n\r\n") + 4);
  }
}

const route = { route: { prefix: "/shop", strip_prefix: true } } as unknown as RouteState;
const headOf = (fields: string, status = "200 Fine") =>
  parseResponseHead(`HTTP/1.1 ${status}\r\n${fields}`) as ResponseHead;
const chunked = "Transfer-Encoding: chunked\r\n";
const answerTo = (client: Client, head: ResponseHead) =>
  new Answer(client as unknown as Exchange, route, head);

let client: Client;
beforeEach(() => {
  client = new Client();
});

describe("the body of an answer", () => {
  const small = Buffer.from("hello");
  const large = Buffer.alloc(20_000, "x");

  test("that comes in small pieces goes out as one text, with the head, each a chunk", () => {
    const answer = answerTo(client, headOf(chunked));
    answer.body(small, 0, 5);
    answer.body(small, 1, 4);
    expect([client.writes, answer.begun]).toEqual([[], false]);
    answer.end();
    expect([answer.flush(), answer.begun]).toEqual([0, true]);
    expect(client.writes).toHaveLength(1);
    expect(client.body).toBe("5\r\nhello\r\n3\r\nell\r\n0\r\n\r\n");
  });

  test("is written as it lies where a piece is large, behind what came before it, with its chunk's size", () => {
    const answer = answerTo(client, headOf(chunked));
    answer.body(small, 0, 5);
    answer.body(large, 0, 20_000);
    answer.body(small, 0, 5);
    answer.end();
    expect(client.corks).toBe(1);
    // The buffer is still the socket's.
    expect(answer.flush()).toBe(keepsBuffer);
    expect(client.corks).toBe(0);
    expect(client.writes).toEqual([expect.any(String), 20_000, "\r\n5\r\nhello\r\n0\r\n\r\n"]);
    expect(client.body).toBe(`5\r\nhello\r\n4e20\r\n${"x".repeat(20_000)}\r\n5\r\nhello\r\n0\r\n\r\n`);
  });

  test("has no chunks where its length is known", () => {
    const answer = answerTo(client, headOf("Content-Length: 20005\r\n"));
    answer.body(large, 0, 20_000);
    client.connection.socket.writableLength = 0;
    answer.body(small, 0, 5);
    answer.end();
    expect(answer.flush()).toBe(0);
    expect(client.body).toBe(`${"x".repeat(20_000)}hello`);
  });

  test("is gathered within bounds: many small pieces of one read are not all copied into text", () => {
    const answer = answerTo(client, headOf(chunked));
    for (let at = 0; at < 20_000; at += 1_000) answer.body(large, at, at + 1_000);
    const texts = client.writes.filter((write) => typeof write === "string");
    expect(client.writes).toContain(1_000);
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(18_000);
    answer.end();
    answer.flush();
    expect(client.body).toBe(`${`3e8\r\n${"x".repeat(1_000)}\r\n`.repeat(20)}0\r\n\r\n`);
  });

  test("keeps the read buffer only until the piece of it is sent, and only for the read that brought it", () => {
    const answer = answerTo(client, headOf(chunked));
    answer.body(large, 0, 20_000);
    expect(answer.release()).toBe(keepsBuffer);
    expect(answer.flush()).toBe(0);
  });
});

describe("the framing of an answer", () => {
  test.each([
    ["chunked, for one without a length", "GET", false, "", "200 Fine", "chunked", false],
    ["the end of the connection, for HTTP/1.0", "GET", true, chunked, "200 Fine", undefined, true],
    ["its length", "GET", true, "Content-Length: 3\r\n", "200 Fine", "3", false],
    ["the length it would have, for HEAD", "HEAD", false, "Content-Length: 3\r\n", "200 Fine", "3", false],
    ["nothing, for HEAD without one", "HEAD", false, chunked, "200 Fine", undefined, false],
    ["a length for 304", "GET", false, "Content-Length: 3\r\n", "304 Same", "3", false],
    ["none for 204", "GET", false, "Content-Length: 0\r\n", "204 None", undefined, false],
  ])("is %s", (_what, method, http10, fields, status, framing, closes) => {
    client = new Client(method, http10);
    const answer = answerTo(client, headOf(fields, status));
    answer.end();
    answer.flush();
    const [, told] = /\r\n(?:Content-Length|Transfer-Encoding): ([^\r]*)/.exec(client.written) ?? [];
    expect([told, client.closes]).toEqual([framing, closes]);
    expect(client.body).toBe(framing === "chunked" ? "0\r\n\r\n" : "");
  });
});

test("the head keeps the upstream's status, reason and one Date, and redirects get their prefix back", () => {
  const date = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
  answerTo(client, headOf(`${date}Location: /here\r\nContent-Length: 0\r\n`, "302 Over There")).flush();
  expect(client.status).toBe(302);
  expect(client.written).toMatch(/^HTTP\/1\.1 302 Over There\r\n/);
  expect(client.written.split("Date: ")).toHaveLength(2);
  expect(client.written).toContain(date);
  expect(client.written).toContain("Location: /shop/here\r\n");
});

test.each([404, 500, 503])("an upstream's %i is its answer like any other", (status) => {
  answerTo(client, headOf("Content-Length: 0\r\n", `${status} Its Words`)).flush();
  expect(client.status).toBe(status);
  expect(client.written).toMatch(`HTTP/1.1 ${status} Its Words\r\n`);
});
