// Loaded into the gateway's process by NODE_OPTIONS: `hanging.test` is 127.0.0.1 when it is first asked for; after that
// the resolver does not answer any more, and of `silent.test` it never says anything.
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const real = dns.lookup;
let asked = 0;
dns.lookup = function lookup(name, options, callback) {
  if (name !== "hanging.test" && name !== "silent.test") return real.call(dns, name, options, callback);
  const done = typeof options === "function" ? options : callback;
  if (name === "silent.test" || asked++ > 0) return;
  process.nextTick(() => {
    if (typeof options === "object" && options?.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
    else done(null, "127.0.0.1", 4);
  });
};
syncBuiltinESMExports();
