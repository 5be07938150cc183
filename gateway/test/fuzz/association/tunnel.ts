import type { Socket } from "node:net";
import { pause } from "../../support/client.ts";
import { acceptOf, frame } from "../../support/frames.ts";
import type { Random } from "../random.ts";
import { fill, type Plan } from "./plan.ts";

/** Bytes that one end wrote and the other got. */
class Direction {
  readonly #sent: Buffer[] = [];
  readonly #got: Buffer[] = [];
  gotSize = 0;
  sentSize = 0;

  sent(bytes: Buffer): void {
    this.#sent.push(bytes);
    this.sentSize += bytes.length;
  }
  got(bytes: Buffer): void {
    this.#got.push(bytes);
    this.gotSize += bytes.length;
  }
  get whole(): boolean {
    return this.gotSize === this.sentSize;
  }

  /** Where what arrived is not what was sent; undefined when it is its beginning. */
  get problem(): string | undefined {
    const sent = Buffer.concat(this.#sent);
    const got = Buffer.concat(this.#got);
    if (sent.subarray(0, got.length).equals(got)) return undefined;
    let at = 0;
    while (at < got.length && got[at] === sent[at]) at++;
    const show = (bytes: Buffer) => JSON.stringify(bytes.toString("latin1", at, at + 60));
    return `byte ${at} of ${got.length}: sent ${show(sent)}, got ${show(got)}`;
  }
}

/** How a tunnel ends: one side says so and the other answers, or it breaks. */
type End = "client" | "upstream" | "client breaks" | "upstream breaks";

/** Both ends of a tunnel; every frame has its id and its number. */
export class Tunnel {
  readonly plan: Plan;
  readonly end: End;
  readonly up = new Direction();
  readonly down = new Direction();
  /** Frames that come with the handshake, before it is answered. */
  readonly early: Buffer;
  /** The upstream says more at once than the sockets between take, and the client is late to read it. */
  readonly floods: boolean;
  readonly #random: Random;
  readonly #frames: Buffer[];
  readonly #total: number;
  #upstream: Socket | undefined;

  constructor(plan: Plan, random: Random) {
    this.plan = plan;
    this.#random = random;
    this.end = random.pick(["client", "client", "upstream", "upstream", "client breaks", "upstream breaks"]);
    this.floods = random.chance(0.25);
    const mask = Buffer.from([random.below(256), random.below(256), random.below(256), random.below(256)]);
    const payload = (i: number) => fill(`c${plan.id}:${i}`, random.pick([1, 20, 125, 126, 3_000, 70_000]));
    const frames = Array.from({ length: 1 + random.below(8) }, (_, i) => frame(2, payload(i), { mask }));
    this.early = random.chance(0.4) ? (frames[0] as Buffer) : Buffer.alloc(0);
    this.#frames = this.early.length > 0 ? frames.slice(1) : frames;
    this.#total = frames.reduce((sum, { length }) => sum + length, 0);
  }

  /** The upstream accepts: some frames at once, and each piece back as it came. */
  accept(socket: Socket, key: string, early: Buffer): void {
    this.#upstream = socket;
    const head = `HTTP/1.1 101 Switching Protocols\r\nX-Echo: ${this.plan.id}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`;
    const first = this.#random.chance(0.5) ? this.#own(0, 500) : Buffer.alloc(0);
    this.down.sent(first);
    socket.write(Buffer.concat([Buffer.from(head, "latin1"), first]));
    for (let i = 10; this.floods && i < 30; i++) this.#say(this.#own(i, 300_000));
    if (early.length > 0) this.onClientBytes(early);
    if (this.end === "upstream breaks") setTimeout(() => socket.resetAndDestroy(), this.#random.below(60));
  }

  #own(number: number, size: number): Buffer {
    return frame(2, fill(`u${this.plan.id}:${number}`, size));
  }

  onClientBytes(bytes: Buffer): void {
    this.up.got(bytes);
    this.#say(Buffer.concat([this.#own(1, 10), bytes]));
    if (this.end === "upstream" && this.up.gotSize >= this.#total) this.#bye();
  }

  onClientEnd(): void {
    this.#bye();
  }

  onUpstreamClosed(): void {
    this.#upstream = undefined;
  }

  #say(bytes: Buffer): void {
    const socket = this.#upstream;
    if (socket === undefined || socket.writableEnded || socket.destroyed) return;
    this.down.sent(bytes);
    socket.write(bytes);
  }

  #bye(): void {
    this.#say(this.#own(2, 5));
    this.#upstream?.end();
  }

  /** The client's side, once the 101 is there. */
  async talk(socket: Socket): Promise<void> {
    for (const bytes of this.#frames) {
      if (this.#random.chance(0.5)) await pause(this.#random.below(20));
      if (socket.destroyed || socket.writableEnded) return;
      for (const piece of this.#random.chance(0.3) ? this.#random.cut(bytes) : [bytes]) {
        this.up.sent(piece);
        socket.write(piece);
      }
    }
    if (this.end === "client") socket.end();
    if (this.end === "client breaks") {
      await pause(this.#random.below(30));
      socket.resetAndDestroy();
    }
  }

  /** Whether it must end with every byte at the other side. */
  get endsWell(): boolean {
    return this.end === "client" || this.end === "upstream";
  }
}
