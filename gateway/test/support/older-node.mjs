import http from "node:http";
import { syncBuiltinESMExports } from "node:module";

const { createServer } = http;

/** Preloaded into a gateway: as on Node before 22.21 and 24.9, which do not know the option. */
http.createServer = ({ shouldUpgradeCallback: _, ...options }, ...more) => createServer(options, ...more);
syncBuiltinESMExports();
