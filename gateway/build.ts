import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleGateway } from "../infra/images/bundle.ts";

/** `npm run build`: writes gateway/dist/gateway.mjs, one file without dependencies. */
const root = fileURLToPath(new URL("..", import.meta.url));
mkdirSync(`${root}gateway/dist`, { recursive: true });
writeFileSync(`${root}gateway/dist/gateway.mjs`, await bundleGateway(root));
