import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { Live } from "../../cli/live/live.ts";
import { print } from "../../cli/output.ts";
import { Progress } from "../../cli/progress.ts";

/** A run of two containers in the terminal that this process has, as `up` shows it; the second never ends by itself with `hang`. */
const urn = (name: string) => `urn:pulumi:dev::beat-ecoprove::docker:index/container:Container::${name}`;
const event = (what: string, name: string) =>
  ({
    [what]: { metadata: { op: "create", type: "docker:index/container:Container", urn: urn(name) } },
  }) as unknown as EngineEvent;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const words = "\x1b[2J[KafkaServer] 日本語 the controller of the quorum, password=hunter2";
const live = new Live({ lastWords: () => Promise.resolve(words) });
const progress = new Progress();
const send = (one: EngineEvent): void => {
  live.onEvent(one);
  progress.onEvent(one);
};
for (const name of ["kafka-b", "consumer-watch-messaging-service"]) send(event("resourcePreEvent", name));
await sleep(3_200);
send(event("resOutputsEvent", "kafka-b"));
if (process.argv[2] === "hang") await sleep(60_000);
send(event("resOutputsEvent", "consumer-watch-messaging-service"));
live.stop();
print("the stack is up");
