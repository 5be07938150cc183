import { expect, test } from "vitest";
import { webSocketVolume } from "./websockets.ts";

test.each([
  ["as they are", { connections: 200, messages: 50, deflate: false }],
  ["with permessage-deflate agreed end to end (RFC 7692)", { connections: 40, messages: 25, deflate: true }],
])(
  "WebSockets at volume: messages, fragments, pings and close codes pass %s (RFC 6455)",
  async (_name, volume) => {
    const tally = await webSocketVolume(volume);
    expect(tally.wrong).toEqual([]);
    expect(tally.echoed).toBe(volume.connections * volume.messages);
    expect(tally.pongs).toBe(volume.connections * Math.ceil(volume.messages / 10));
    expect([...tally.closes.values()].reduce((a, b) => a + b, 0)).toBe(volume.connections);
  },
  60_000,
);
