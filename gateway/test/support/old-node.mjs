// Loaded into the gateway's process by NODE_OPTIONS: it takes itself for the Node that OLD_NODE_VERSION names, and has
// no more than that one has.
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";

const version = process.env.OLD_NODE_VERSION;
Object.defineProperty(process, "version", { value: version });
Object.defineProperty(process, "versions", { value: { ...process.versions, node: version.slice(1) } });
const { createServer } = http;
http.createServer = (options, listener) => {
  const { shouldUpgradeCallback: _newer, ...known } = typeof options === "function" ? {} : (options ?? {});
  return createServer(known, typeof options === "function" ? options : listener);
};
syncBuiltinESMExports();
