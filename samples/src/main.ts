import http from "node:http";
import { auth } from "./auth.ts";
import { basic } from "./basic.ts";
import { core } from "./core.ts";
import { listenPort, type Role } from "./env.ts";
import { log } from "./log.ts";
import { messaging } from "./messaging.ts";

const roles = { auth, core, messaging, basic } as const;
const healthPath: Readonly<Record<Role, string>> = {
  auth: "/.well-known/jwks.json",
  core: "/api/v1/health",
  messaging: "/swagger/index.html",
  basic: "/api/v1/health",
};

const isRole = (name: string | undefined): name is Role => name !== undefined && name in roles;

/** Asks the service of this container whether it answers; the image has no curl. */
function checkHealth(role: Role): void {
  http
    .get({ port: listenPort[role](), path: healthPath[role], timeout: 4000 }, (response) =>
      process.exit(response.statusCode === 200 ? 0 : 1),
    )
    .on("error", () => process.exit(1));
}

const [command, second] = process.argv.slice(2);
try {
  if (command === "health" && isRole(second)) checkHealth(second);
  else if (isRole(command)) {
    const close = await roles[command]();
    process.once("SIGTERM", () => {
      log("stopping");
      setTimeout(() => process.exit(0), 5000).unref();
      void close().then(() => process.exit(0));
    });
  } else throw new Error(`use one of ${Object.keys(roles).join(", ")}, or health <role>`);
} catch (error) {
  process.stderr.write(`sample: ${(error as Error).message}\n`);
  process.exit(2);
}
