import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { heedLeave, onWriteError } from "../../cli/leave.ts";
import { journeySchema } from "../../config/define/verify.ts";
import { Door } from "../../infra/verify/door.ts";
import type { Subject } from "../../infra/verify/subject.ts";
import { travel } from "../../infra/verify/verify.ts";

/** A journey that is told on standard output as `./beat verify` does it. What the service was sent is written to the named file. */
const log = process.argv[2] as string;
process.stdout.on("error", onWriteError);
const server = createServer((request, answer) => {
  appendFileSync(log, `${request.method}\n`);
  answer.setHeader("x-request-id", "1");
  setTimeout(() => answer.end('{"ok":"1"}'), 200);
}).listen(0);
const { port } = server.address() as AddressInfo;
const step = (name: string, method: string) => ({ name, service: "s", method, path: "/thing" });
const journey = journeySchema.parse({
  makes: ["a thing"],
  steps: [step("make", "POST"), step("look", "GET"), step("look again", "GET"), step("look more", "GET")],
  removes: [step("remove", "DELETE"), step("remove more", "DELETE")],
});
const subject = { door: new Door(`http://127.0.0.1:${port}`), platform: { journey } } as unknown as Subject;
const ended = new AbortController();
heedLeave((code) => {
  process.exitCode = code;
  ended.abort();
});
for await (const one of travel(subject, { journey: true, announce: () => {}, ended: ended.signal }))
  process.stdout.write(`${one.result} ${one.name}\n`);
server.close();
