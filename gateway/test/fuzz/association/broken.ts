import type { Random } from "../random.ts";
import type { Plan } from "./plan.ts";
import { complete } from "./sound.ts";

/** Statuses for what is no request, or none that is offered here. */
const refused = { 400: "broken request", 405: "CONNECT", 408: "unfinished request", 501: "broken request" };

/** What is no sound request: it is answered in its turn and never reaches an upstream whole. */
export function brokenRequest(random: Random, draft: Pick<Plan, "id" | "seed">): Plan {
  const { id } = draft;
  const named = `X-Request-ID: ${id}\r\nX-Id: ${id}\r\n`;
  const post = `POST /p/${id} HTTP/1.1\r\nHost: gw\r\n${named}`;
  const [raw, closes, statuses = refused] = random.pick<[string, Plan["closes"], Record<number, string>?]>([
    [`NOT HTTP AT ALL ${id}\r\n\r\n`, "must"],
    [`GET /p/${id} HTTP/1.1\r\nHost: gw\r\n${named}X-Bad: a\0b\r\n\r\n`, "must"],
    [`GET /p/${id} HTTP/1.1\r\nHost: gw\r\n${named}: no name\r\n\r\n`, "must"],
    [`${post}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n`, "must"],
    [`${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, "must"],
    [`${post}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`, "must"],
    [`${post}Transfer-Encoding: gzip\r\n\r\n`, "must"],
    [`GET /p/${id} HTTP/1.1\r\n${named}\r\n`, "may"],
    [`GET /p/${id} HTTP/1.1\r\nHost: a\r\nHost: b\r\n${named}\r\n`, "may"],
    [`GET /p/../${id} HTTP/1.1\r\nHost: gw\r\n${named}\r\n`, "may"],
    [
      `GET /p/${id} HTTP/1.1\r\nHost: gw\r\n${named}X-Long: ${"l".repeat(40_000)}\r\n\r\n`,
      "must",
      { 431: "head limit" },
    ],
    [`CONNECT gw:443 HTTP/1.1\r\nHost: gw:443\r\n${named}\r\n`, "may"],
    // Nothing more comes: a body, and a head, that wait for their limit.
    [`${post}Content-Length: 50\r\n\r\nhello`, "must", { 408: "unfinished request" }],
    [`GET /p/${id} HTTP/1.1\r\nHost: gw\r\n${named}`, "must", { 408: "unfinished request" }],
  ]);
  return complete(random, {
    ...draft,
    route: "p",
    method: raw.startsWith("POST") ? "POST" : "GET",
    body: -1,
    raw,
    arrives: undefined,
    serves: false,
    refusals: statuses,
    closes,
  });
}

/** Whether nothing may follow: it would be part of it. */
export const isUnfinished = ({ raw }: Plan): boolean =>
  raw !== undefined && (raw.endsWith("hello") || !raw.includes("\r\n\r\n"));
