import { describe, expect, test } from "vitest";
import { eventually, pause } from "../support/client.ts";
import { statusOf } from "../support/strict.ts";
import { suiteGateway } from "../support/suite.ts";
import { always, ok } from "../support/upstream.ts";
import { expectProblem, expectServed, get, head, onlyAnswer, post } from "../support/verdict.ts";

const gateway = suiteGateway({
  slots: 70,
  env: { GATEWAY_CONNECT_TIMEOUT_MS: "600", GATEWAY_RESPONSE_TIMEOUT_MS: "1200" },
});

describe.concurrent("connections to the upstream", () => {
  test("must: bytes after a complete answer never reach another client (response queue poisoning (PortSwigger))", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine }) =>
      socket.write(
        startLine.includes(" /1 ")
          ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
          : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      );
    const first = await gateway.exchange(get(`${prefix}/1`));
    expect(first.text).not.toContain("poison");
    expectServed(first);
    for (let i = 2; i < 6; i++) expectServed(await gateway.exchange(get(`${prefix}/${i}`)));
  });

  test("must: unsolicited answer on an idle upstream connection is not used (RFC 9112 9.2; response queue poisoning)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/1`)));
    upstream.connections[0]?.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    await eventually(() => upstream.connections[0]?.ended === true, "that connection is dropped");
    for (let i = 2; i < 5; i++) expectServed(await gateway.exchange(get(`${prefix}/${i}`)));
  });

  test("must: an answer that comes unasked a moment after another is no answer to the next (RFC 9112 9.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine }) => {
      if (startLine.includes(" /1 ")) {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"), 5);
      } else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    };
    const client = gateway.open();
    for (let i = 0; i < 6; i++) {
      client.send(get(`${prefix}/${i % 2}`));
      await client.settle(i + 1, 3_000, 15);
    }
    expect(client.text).not.toContain("poison");
    expect(client.answers).toHaveLength(6);
    client.destroy();
  });

  test("must: a connection whose request is not whole is not used for another, though it was answered (RFC 9112 9.5)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.onBytes = ({ socket, bytes }) => {
      if (bytes.includes("POST") && !bytes.includes("GET"))
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    };
    expectServed(await gateway.exchange(post(`${prefix}/1`, "abc", "Content-Length: 1000")));
    upstream.onBytes = undefined;
    // Its upstream would read these as the rest of that body.
    for (let i = 2; i < 4; i++) expectServed(await gateway.exchange(get(`${prefix}/${i}`)));
    expect(upstream.complete.map(({ startLine }) => startLine.split(" ")[1])).toEqual(["/2", "/3"]);
    expect(upstream.connections[0]?.ended).toBe(true);
  });

  test.each(["GET", "HEAD", "OPTIONS"])(
    "should: reused upstream connection reset: %s is tried again on another (nginx proxy_next_upstream; Envoy reset retry)",
    async (method) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = (connection, request, index) => {
        if (upstream.connections.indexOf(connection) === 0 && index === 1)
          connection.socket.resetAndDestroy();
        else ok(connection, request, index);
      };
      expectServed(await gateway.exchange(get(`${prefix}/1`)));
      const received = await gateway.exchange(head(method, `${prefix}/2`), 1, [method]);
      expect(statusOf(onlyAnswer(received))).toBe(200);
      expect(upstream.connections).toHaveLength(2);
      expect(upstream.complete.map(({ startLine }) => startLine.split(" ")[1])).toEqual(["/1", "/2", "/2"]);
    },
  );

  test.each([
    ["a POST", "POST", "abc"],
    ["a POST without a body", "POST", ""],
    ["a GET with a body", "GET", "abc"],
    ["a DELETE", "DELETE", ""],
  ])(
    "must: reused upstream connection reset after %s: at most one delivery (RFC 9110 9.2.2)",
    async (_name, method, body) => {
      const { upstream, prefix } = gateway.slot();
      upstream.answer = (connection, request, index) => {
        if (upstream.connections.indexOf(connection) === 0 && index === 1)
          connection.socket.resetAndDestroy();
        else ok(connection, request, index);
      };
      expectServed(await gateway.exchange(get(`${prefix}/1`)));
      const received = await gateway.exchange(
        `${head(method, `${prefix}/2`, `Content-Length: ${body.length}`)}${body}`,
      );
      const delivered = upstream.complete.filter(({ startLine }) => startLine.includes(" /2 "));
      if (method === "DELETE" && statusOf(onlyAnswer(received)) === 200) expect(delivered).toHaveLength(2);
      else {
        expectProblem(onlyAnswer(received), 502);
        expect(delivered).toHaveLength(1);
      }
    },
  );

  test("must: a GET is tried at most twice, and not after the answer has begun (RFC 9110 9.2.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/1`)));
    upstream.answer = ({ socket }) => socket.resetAndDestroy();
    expectProblem(onlyAnswer(await gateway.exchange(get(`${prefix}/2`))), 502);
    expect(upstream.complete.filter(({ startLine }) => startLine.includes(" /2 "))).toHaveLength(2);
  });

  test("must: nor after the first bytes of its head (RFC 9110 9.2.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    expectServed(await gateway.exchange(get(`${prefix}/1`)));
    upstream.answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nConte");
      setTimeout(() => socket.resetAndDestroy(), 50);
    };
    expectProblem(onlyAnswer(await gateway.exchange(get(`${prefix}/2`))), 502);
    expect(upstream.complete.filter(({ startLine }) => startLine.includes(" /2 "))).toHaveLength(1);
  });

  test("must: the second try is on a fresh connection: other kept ones may be as dead (RFC 9112 9.3.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = (connection, request, index) => {
      if (index > 0) connection.socket.resetAndDestroy();
      else setTimeout(() => ok(connection, request, index), 50);
    };
    const both = await Promise.all([1, 2].map(async () => gateway.exchange(get(`${prefix}/kept`))));
    for (const received of both) expectServed(received);
    expect(upstream.connections).toHaveLength(2);
    expectServed(await gateway.exchange(get(`${prefix}/again`)));
    expect(upstream.connections).toHaveLength(3);
  });

  test("must: a GET on a fresh connection that is reset is not repeated (RFC 9110 9.2.2)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }) => socket.resetAndDestroy();
    expectProblem(onlyAnswer(await gateway.exchange(get(`${prefix}/1`))), 502);
    expect(upstream.connections).toHaveLength(1);
  });

  test("should: a kept connection that the upstream closed while idle costs nobody a request (RFC 9112 9.3.1)", async () => {
    const { upstream, prefix } = gateway.slot();
    for (let i = 0; i < 5; i++) {
      const body = i % 2 === 0 ? "" : "abc";
      expectServed(await gateway.exchange(post(`${prefix}/x`, body, `Content-Length: ${body.length}`)));
      upstream.connections.at(-1)?.socket.end();
      await pause(30);
    }
    expect(upstream.complete).toHaveLength(5);
  });

  test("should: sequential requests reuse upstream connections (performance)", async () => {
    const { upstream, prefix } = gateway.slot();
    for (let i = 0; i < 6; i++) {
      const body = i % 2 === 0 ? "" : "abc";
      expectServed(await gateway.exchange(post(`${prefix}/${i}`, body, `Content-Length: ${body.length}`)));
    }
    expect(upstream.connections).toHaveLength(1);
    expect(upstream.requests).toHaveLength(6);
  });

  test("must: upstream sends Connection: close: client connection may stay, nothing fails (RFC 9112 9.6)", async () => {
    const { upstream, prefix } = gateway.slot();
    // Announced, but the connection stays open: nothing may be sent on it any more.
    upstream.answer = always("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    const client = gateway.open();
    for (let i = 1; i <= 4; i++) {
      client.send(get(`${prefix}/x`));
      await client.settle(i);
    }
    expect(client.answers.map(statusOf)).toEqual([200, 200, 200, 200]);
    expect(upstream.connections.map(({ answered }) => answered)).toEqual([1, 1, 1, 1]);
    client.destroy();
  });

  test("must: a HTTP/1.0 answer without keep-alive is the last on its connection (RFC 9112 9.3)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = always("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
    for (let i = 0; i < 3; i++) {
      const answer = onlyAnswer(await gateway.exchange(get(`${prefix}/x`)));
      expect([answer.startLine, answer.body.toString()]).toEqual(["HTTP/1.1 200 OK", "ok"]);
    }
    expect(upstream.connections).toHaveLength(3);
  });

  test("must: 200 parallel requests, each gets its own answer (cross-talk)", async () => {
    const { upstream, prefix } = gateway.slot();
    upstream.answer = ({ socket }, { startLine, body }) => {
      const text = `${startLine.split(" ")[1]} ${body}`;
      setTimeout(
        () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`),
        Math.random() * 40,
      );
    };
    // Twice: on connections that are new, and on those that were kept.
    for (let round = 1; round <= 2; round++) {
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          gateway.exchange(
            i % 2
              ? get(`${prefix}/${i}`)
              : post(`${prefix}/${i}`, `body${i}`, `Content-Length: ${4 + String(i).length}`),
          ),
        ),
      );
      for (const [i, received] of answers.entries())
        expectServed(received, i % 2 ? `/${i} ` : `/${i} body${i}`);
      expect(upstream.requests).toHaveLength(200 * round);
    }
  });

  test("must: bodies and answers of some KiB keep their bytes while their connections are busy (cross-talk)", async () => {
    const { upstream, prefix } = gateway.slot();
    // Neither side reads at first, so what is written waits in the gateway.
    upstream.onConnection = ({ socket }) => {
      socket.pause();
      setTimeout(() => socket.resume(), 100);
    };
    upstream.answer = ({ socket }, { body }) => {
      const text = body.toString().toUpperCase();
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
    };
    const bodyOf = (i: number) => `<${i}>`.padEnd(4_000, `body ${i} `);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        gateway.exchange(post(`${prefix}/${i}`, bodyOf(i), "Content-Length: 4000")),
      ),
    );
    for (const [i, received] of answers.entries()) expectServed(received, bodyOf(i).toUpperCase());
  });
});
