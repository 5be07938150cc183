// A primary with one worker, which lives on when it is told so. Says what happens to the worker.
import cluster from "node:cluster";
import { outlivePrimary } from "../../src/node/worker-life.ts";

const say = (what) => process.stdout.write(`${what}\n`);

if (cluster.isPrimary) cluster.fork();
else {
  if (process.argv.includes("outlives"))
    outlivePrimary(cluster.worker, () => {
      say("orphan");
      setTimeout(() => {
        say("done");
        process.exit(0);
      }, 200);
    });
  setTimeout(() => {}, 10_000);
  process.on("exit", () => say("exit"));
  say("alive");
}
