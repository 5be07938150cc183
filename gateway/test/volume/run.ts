import { parseArgs } from "node:util";
import build from "../support/build.ts";
import { webSocketVolume } from "./websockets.ts";

/** `npm run websockets -- --connections 1000 --messages 500 [--deflate]`: exit 1 when a message is lost or changed. */
const { values: options } = parseArgs({
  options: {
    connections: { type: "string", default: "1000" },
    messages: { type: "string", default: "200" },
    deflate: { type: "boolean", default: false },
  },
});
await build();
const volume = {
  connections: Number(options.connections),
  messages: Number(options.messages),
  deflate: options.deflate,
};
const start = Date.now();
const { echoed, bytes, pongs, wrong } = await webSocketVolume(volume);
console.log(
  `${echoed} of ${volume.connections * volume.messages} messages, ${Math.round(bytes / 1e6)} MB, ${pongs} pongs in ${((Date.now() - start) / 1000).toFixed(1)} s`,
);
for (const line of wrong.slice(0, 20)) console.log(line);
if (wrong.length > 0 || echoed !== volume.connections * volume.messages) process.exitCode = 1;
