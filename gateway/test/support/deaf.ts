import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/**
 * An address on loopback that drops every new connection attempt: a stopped process whose backlog is full, so that the
 * kernel answers no SYN any more.
 */
export class DeafAddress {
  port = 0;
  #child: ChildProcess | undefined;
  readonly #fillers: Socket[] = [];

  async listen(host = "127.0.0.1", port = 0): Promise<this> {
    const program =
      'const [host,port]=process.argv.slice(1),s=require("net").createServer();s.listen({port:+port,host,backlog:1},()=>console.log(s.address().port))';
    const child = spawn(process.execPath, ["-e", program, host, String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    this.port = Number(String(line));
    child.kill("SIGSTOP");
    for (let i = 0; i < 6; i++) this.#fillers.push(connect(this.port, host).on("error", () => {}));
    await new Promise((resolve) => setTimeout(resolve, 150));
    return this;
  }

  close(): void {
    for (const socket of this.#fillers) socket.destroy();
    this.#child?.kill("SIGKILL");
  }
}
