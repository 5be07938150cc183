// Loaded into the gateway's process by NODE_OPTIONS: what it writes to port HELD_PORT after the first write, which is the
// request, is held until SIGUSR2, as by a kernel whose buffers are full for an upstream that does not read. Says on
// standard error when such a connection is told to end.
import { Socket } from "node:net";

const held = [];
let holds = true;
const written = new WeakSet();
for (const name of ["_write", "_writev"]) {
  const write = Socket.prototype[name];
  Socket.prototype[name] = function hold(...args) {
    const go = () => write.apply(this, args);
    if (!holds || this.remotePort !== Number(process.env.HELD_PORT) || !written.has(this)) {
      written.add(this);
      go();
    } else held.push(() => this.destroyed || go());
  };
}
const { end } = Socket.prototype;
Socket.prototype.end = function tell(...args) {
  if (this.remotePort === Number(process.env.HELD_PORT)) process.stderr.write("told to end\n");
  return end.apply(this, args);
};
process.on("SIGUSR2", () => {
  holds = false;
  for (const go of held.splice(0)) go();
});
