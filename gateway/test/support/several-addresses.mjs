// Loaded into the gateway's process by NODE_OPTIONS: the names in SEVERAL_ADDRESSES (JSON, name to addresses) have all
// of them, as a dual-stack name or a headless service has.
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const names = JSON.parse(process.env.SEVERAL_ADDRESSES);
const entries = (name) => names[name].map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
const real = dns.lookup;
dns.lookup = function lookup(name, options, callback) {
  if (!Object.hasOwn(names, name)) return real.call(dns, name, options, callback);
  const done = typeof options === "function" ? options : callback;
  const all = typeof options === "object" && options?.all;
  const found = entries(name);
  process.nextTick(() => (all ? done(null, found) : done(null, found[0].address, found[0].family)));
};
const promised = dns.promises.lookup;
dns.promises.lookup = async (name, options) => {
  if (!Object.hasOwn(names, name)) return promised.call(dns.promises, name, options);
  const found = entries(name);
  return options?.all ? found : found[0];
};
syncBuiltinESMExports();
