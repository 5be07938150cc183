import type { Role } from "./env.ts";
import { log } from "./log.ts";
import { startTracing } from "./tracing.ts";

// A role loads its own clients only and starts the sooner.
const roles = {
  auth: async () => (await import("./auth.ts")).auth(),
  core: async () => (await import("./core.ts")).core(),
  messaging: async () => (await import("./messaging.ts")).messaging(),
  basic: async () => (await import("./basic.ts")).basic(),
} as const;
const isRole = (name: string | undefined): name is Role => name !== undefined && name in roles;

const [role] = process.argv.slice(2);
try {
  if (isRole(role)) {
    const sendRest = await startTracing();
    const close = await roles[role]();
    process.once("SIGTERM", () => {
      log("stopping");
      setTimeout(() => process.exit(0), 5000).unref();
      void close()
        .then(sendRest)
        .then(() => process.exit(0));
    });
  } else throw new Error(`use one of ${Object.keys(roles).join(", ")}`);
} catch (error) {
  process.stderr.write(`sample: ${(error as Error).message}\n`);
  process.exit(2);
}
