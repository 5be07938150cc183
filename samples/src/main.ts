import { auth } from "./auth.ts";
import { basic } from "./basic.ts";
import { core } from "./core.ts";
import type { Role } from "./env.ts";
import { log } from "./log.ts";
import { messaging } from "./messaging.ts";

const roles = { auth, core, messaging, basic } as const;
const isRole = (name: string | undefined): name is Role => name !== undefined && name in roles;

const [role] = process.argv.slice(2);
try {
  if (isRole(role)) {
    const close = await roles[role]();
    process.once("SIGTERM", () => {
      log("stopping");
      setTimeout(() => process.exit(0), 5000).unref();
      void close().then(() => process.exit(0));
    });
  } else throw new Error(`use one of ${Object.keys(roles).join(", ")}`);
} catch (error) {
  process.stderr.write(`sample: ${(error as Error).message}\n`);
  process.exit(2);
}
