// Loaded into the gateway's process by NODE_OPTIONS: NAMED_ADDRESSES says in JSON which addresses a name has, as a
// dual-stack name or a headless service has several.
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const names = JSON.parse(process.env.NAMED_ADDRESSES ?? "{}");
const found = (name) => names[name].map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
const real = dns.lookup;
dns.lookup = function lookup(name, options, callback) {
  if (!Object.hasOwn(names, name)) return real.call(dns, name, options, callback);
  const done = typeof options === "function" ? options : callback;
  const all = found(name);
  process.nextTick(() => {
    if (typeof options === "object" && options?.all) done(null, all);
    else done(null, all[0].address, all[0].family);
  });
};
const promised = dns.promises.lookup;
dns.promises.lookup = async (name, options) => {
  if (!Object.hasOwn(names, name)) return promised.call(dns.promises, name, options);
  const all = found(name);
  return typeof options === "object" && options?.all ? all : all[0];
};
syncBuiltinESMExports();
