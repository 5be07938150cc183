import { pause } from "../../support/client.ts";
import { key } from "../../support/frames.ts";
import type { Random } from "../random.ts";
import type { Plan } from "./plan.ts";
import { complete } from "./sound.ts";
import type { Talk } from "./talk.ts";
import type { World } from "./world.ts";

type Draft = Pick<Plan, "id" | "seed">;

/**
 * More than the sockets between take: for a reader that is late the gateway must wait, and keep what it has read.
 * @param largest one answer that would be seen in the gateway's memory if it did not wait.
 */
export function bulk(random: Random, draft: () => Draft, largest: boolean): Plan[] {
  const count = largest ? 1 : random.pick([1, 20, 30]);
  const size = () => (largest ? 40_000_000 : count === 1 ? 6_000_000 : random.pick([70_000, 300_000]));
  return Array.from({ length: count }, () => {
    const plan = complete(random, { ...draft(), route: "p", method: "GET", body: -1 });
    const act = { ...plan.act, how: "whole", status: 200, size: size(), pieces: 0, delay: 0 } as const;
    return { ...plan, act: largest ? { ...act, framing: "length" } : act };
  });
}

/** A handshake: one that is accepted, or refused by the upstream or the gateway. */
export function handshakePlan(random: Random, draft: Draft): Plan {
  const fields = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
  ];
  const base = { ...draft, method: "GET", body: -1, fields, closes: "may" } as const;
  const how = random.below(10);
  // On a route without WebSocket it is a plain request.
  if (how === 0) return complete(random, { ...base, route: "p" });
  if (how === 1) {
    const plan = complete(random, { ...base, route: "ws" });
    return { ...plan, act: { ...plan.act, how: "whole", status: 403, interim: false } };
  }
  const route = how < 5 ? "wsrate" : "ws";
  const plan = complete(random, { ...base, route });
  return {
    ...plan,
    act: { ...plan.act, how: "tunnel", status: 200, interim: false, framing: "length" },
    refusals: route === "wsrate" ? { 429: "rate limit of handshakes" } : {},
  };
}

/** Milliseconds: longer than the gateway lets a tunnel go on once its client has ended. */
const longestTunnel = 12_000;

/** Talks in an open tunnel until both ends have said all, and judges what arrived. */
export async function talkInTunnel(world: World, { seed, line, tunnel, plans }: Talk): Promise<void> {
  if (tunnel === undefined) return;
  const { socket } = line;
  let taken = 0;
  const take = () => {
    for (; taken < line.raw.length; taken++) tunnel.down.got(line.raw[taken] as Buffer);
  };
  const started = performance.now();
  const talking = tunnel.talk(socket);
  while (!line.ended && !line.closed && performance.now() - started < longestTunnel) await pause(3);
  await talking;
  if (tunnel.end === "upstream" && line.ended) socket.end();
  for (let i = 0; i < 100 && tunnel.endsWell && !tunnel.up.whole; i++) await pause(5);
  take();
  const tell = (kind: string, text: string) =>
    world.report(kind, seed, `${text}\n  ends by ${tunnel.end}, of ${JSON.stringify(plans.at(-1))}`);
  for (const [name, direction] of [
    ["to the upstream", tunnel.up],
    ["to the client", tunnel.down],
  ] as const) {
    const { problem } = direction;
    if (problem !== undefined) tell(`other bytes in a tunnel ${name}`, problem);
    else if (tunnel.endsWell && !direction.whole && performance.now() < world.drainAt)
      tell(
        `bytes lost in a tunnel ${name}`,
        `${direction.gotSize} of ${direction.sentSize}, ${line.error ?? "no error"}`,
      );
  }
  if (tunnel.endsWell && !line.ended && performance.now() < world.drainAt)
    tell("a tunnel that does not end", "");
  world.count(
    tunnel.endsWell && tunnel.up.whole && tunnel.down.whole ? "tunnel: whole" : "tunnel: broken off",
  );
}
