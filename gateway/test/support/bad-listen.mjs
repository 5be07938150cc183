// Loaded into the gateway's process by NODE_OPTIONS: workers that listen badly. BAD_LISTEN is a folder, and a file in it
// says how: `refused`, nobody can listen; `uneven`, the first listens and dies, and the second is late: it leaves a file
// `late` there.
import cluster from "node:cluster";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, Server } from "node:http";
import { join } from "node:path";

const at = (name) => join(process.env.BAD_LISTEN, name);
const lateMs = 1_500;
const { listen } = createServer();
Server.prototype.listen = function badly(...args) {
  if (!cluster.isWorker) return listen.apply(this, args);
  if (existsSync(at("refused"))) {
    process.nextTick(() => this.emit("error", Object.assign(new Error("taken"), { code: "EADDRINUSE" })));
    return this;
  }
  if (existsSync(at("uneven")) && cluster.worker.id === 1) {
    this.once("listening", () => setTimeout(() => process.kill(process.pid, "SIGKILL"), 50));
  } else if (existsSync(at("uneven")) && cluster.worker.id === 2) {
    setTimeout(() => {
      writeFileSync(at("late"), "");
      listen.apply(this, args);
    }, lateMs);
    return this;
  }
  return listen.apply(this, args);
};
