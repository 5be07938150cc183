// Loaded into the gateway's process by NODE_OPTIONS: the name `moving.test` resolves to what a file says, as a name
// in a container network does when the container is replaced.
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const real = dns.lookup;
const address = () => readFileSync(process.env.MOVING_NAME_FILE, "utf8").trim();
dns.lookup = function lookup(name, options, callback) {
  if (name !== "moving.test") return real.call(dns, name, options, callback);
  const done = typeof options === "function" ? options : callback;
  const all = typeof options === "object" && options?.all;
  process.nextTick(() => {
    if (all) done(null, [{ address: address(), family: 4 }]);
    else done(null, address(), 4);
  });
};
const promised = dns.promises.lookup;
dns.promises.lookup = async (name, options) => {
  if (name !== "moving.test") return promised.call(dns.promises, name, options);
  const entry = { address: address(), family: 4 };
  return options?.all ? [entry] : entry;
};
syncBuiltinESMExports();
