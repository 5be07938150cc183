import type { Client } from "./client.ts";
import { accepted, handshake } from "./frames.ts";
import type { Gateway, Slot } from "./gateway.ts";
import { statusOf } from "./strict.ts";
import { always, type Recorded } from "./upstream.ts";

/** Both ends of an open tunnel, with what belongs to the handshakes taken off. */
export interface OpenTunnel {
  readonly client: Client;
  readonly peer: Recorded;
  readonly fromClient: () => Buffer;
  readonly fromUpstream: () => Buffer;
}

/** Opens a tunnel. @throws when it is refused. */
export async function openTunnel(
  gateway: Gateway,
  { upstream, socket }: Slot = gateway.slot(),
  options: Parameters<Gateway["open"]>[0] = {},
  rest = "/x",
): Promise<OpenTunnel> {
  upstream.answer = always(accepted());
  const client = gateway.open(options).send(handshake(`${socket}${rest}`));
  await client.until(() => client.answers.length > 0);
  const [answer] = client.answers;
  if (answer === undefined || statusOf(answer) !== 101)
    throw new Error(`no tunnel: ${client.text.slice(0, 300)}`);
  const peer = upstream.connections.at(-1) as Recorded;
  const after = (bytes: Buffer) => bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
  return { client, peer, fromClient: () => after(peer.bytes), fromUpstream: () => after(client.bytes) };
}
