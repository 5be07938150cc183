import type { Socket } from "node:net";
import { pause } from "../../support/client.ts";
import { Random } from "../random.ts";
import { answerBody, chunks, echoOf, isBodiless, type Plan } from "./plan.ts";

/** The bytes with which an upstream answers, head and body. */
export function answerBytes(plan: Plan, got: string): Buffer {
  const { act, id } = plan;
  const echo = echoOf(plan, got);
  const body = answerBody(plan, echo);
  const length = isBodiless(plan) ? echo.length + 1 + act.size : body.length;
  const head = [`HTTP/1.1 ${act.status} X`, `X-Echo: ${echo}`, "Access-Control-Allow-Origin: upstream"];
  // A 204 has neither (RFC 9110 8.6, RFC 9112 6.1).
  if (act.status !== 204 && act.framing === "length") head.push(`Content-Length: ${length}`);
  if (act.status !== 204 && act.status !== 304 && act.framing === "chunked")
    head.push("Transfer-Encoding: chunked");
  if (act.how === "last") head.push("Connection: close");
  const interim = act.interim ? `HTTP/1.1 103 Early\r\nX-Interim: ${id}\r\n\r\n` : "";
  const most = act.pieces === 0 ? 16_000 : 1 + (act.pieces % 9_000);
  const framed = isBodiless(plan)
    ? []
    : act.framing === "chunked"
      ? chunks(body, Math.max(most, act.size / 200))
      : [body];
  const poison = "HTTP/1.1 200 OK\r\nX-Echo: poison\r\nContent-Length: 6\r\n\r\npoison";
  return Buffer.concat([
    Buffer.from(`${interim}${head.join("\r\n")}\r\n\r\n`, "latin1"),
    ...framed,
    ...(act.how === "poison" ? [Buffer.from(poison)] : []),
  ]);
}

/**
 * Answers as the plan says.
 * @param done called just before the last byte of an answer after which the connection goes on: another request may
 * come at once.
 */
export async function answer(socket: Socket, plan: Plan, got: string, done: () => void): Promise<void> {
  const { act } = plan;
  if (act.delay > 0) await pause(act.delay);
  if (act.how === "silent") return;
  if (act.how === "garbage")
    return void socket.end(
      act.resets ? "SSH-2.0-OpenSSH_9.6\r\n" : `HTTP/1.1 20 ${plan.id}\r\nContent-Length: a\r\n\r\n`,
    );
  const bytes = answerBytes(plan, got);
  const cut = act.how === "cut";
  // Without a body there is nothing for the end to end.
  const ends = cut || act.how === "last" || (act.framing === "close" && !isBodiless(plan));
  // At least its last byte is missing: a chunked body then has no end, one with a length not all of it.
  const part = cut ? bytes.subarray(0, Math.floor(act.at * (bytes.length - 1))) : bytes;
  await write(socket, part, act.pieces, () => ends || done());
  if (cut && act.resets) socket.resetAndDestroy();
  else if (ends) socket.end();
}

async function write(socket: Socket, bytes: Buffer, seed: number, last: () => void): Promise<void> {
  const random = new Random(seed);
  const pieces = seed === 0 ? [bytes] : random.cut(bytes);
  for (const [i, piece] of pieces.entries()) {
    if (socket.destroyed) return;
    if (i === pieces.length - 1) last();
    socket.write(piece);
    if (i === pieces.length - 1) return;
    if (random.chance(0.3)) await pause(random.below(4));
    else await new Promise((resolve) => setImmediate(resolve));
  }
}
