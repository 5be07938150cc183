import { text } from "node:stream/consumers";
import { comparable, rendered, withStableNames } from "../../cli/render/objects.ts";

/** Renders the stack described on standard input and writes its objects, in the form that tests compare. */
const { stack, config } = JSON.parse(await text(process.stdin)) as {
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
};
const objects = await rendered({ stack, config, showSecrets: true });
process.stdout.write(JSON.stringify(withStableNames(objects).map(comparable)));
