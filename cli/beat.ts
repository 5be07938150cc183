import { Command } from "commander";
import { backupCommand } from "./commands/backup.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { downCommand } from "./commands/down.ts";
import { envCommand } from "./commands/env.ts";
import { imagesCommand } from "./commands/images.ts";
import { logsCommand } from "./commands/logs.ts";
import { previewCommand } from "./commands/preview.ts";
import { renderCommand } from "./commands/render.ts";
import { restoreCommand } from "./commands/restore.ts";
import { secretsCommand } from "./commands/secrets.ts";
import { serveCommand } from "./commands/serve.ts";
import { statusCommand } from "./commands/status.ts";
import { testCommand } from "./commands/test.ts";
import { topCommand } from "./commands/top.ts";
import { upCommand } from "./commands/up.ts";
import { urlsCommand } from "./commands/urls.ts";
import { verifyCommand } from "./commands/verify.ts";

/** The command line, with all its commands; it runs nothing by itself. */
export const beat = new Command("beat")
  .description(
    "Beat EcoProve platform. Exit codes: 0 done, 1 it failed, 2 the input was refused and nothing changed.",
  )
  .showHelpAfterError()
  // A command line that nobody understands is refused input, too.
  .exitOverride();
for (const add of [
  upCommand,
  downCommand,
  previewCommand,
  doctorCommand,
  statusCommand,
  verifyCommand,
  logsCommand,
  topCommand,
  urlsCommand,
  secretsCommand,
  imagesCommand,
  backupCommand,
  restoreCommand,
  renderCommand,
  serveCommand,
  envCommand,
  testCommand,
])
  add(beat);
