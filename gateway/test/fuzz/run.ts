import { parseArgs } from "node:util";
import build from "../support/build.ts";
import { fuzzAssociation } from "./association.ts";
import { fuzz } from "./fuzz.ts";

/** `npm run fuzz -- --seconds 600 --seed N [--side requests|responses|association] [--most 20]`: exit 1 when anything is found. */
const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 30)) },
    side: { type: "string" },
    most: { type: "string", default: "10" },
  },
});
await build();
const sides = (["requests", "responses", "association"] as const).filter(
  (side) => (options.side ?? side) === side,
);
const given = {
  seed: Number(options.seed),
  seconds: Number(options.seconds) / sides.length,
  most: Number(options.most),
};
for (const side of sides) {
  const { runs, findings, summary } =
    side === "association"
      ? await fuzzAssociation({ ...given, onEpoch: console.log, onFinding: console.log })
      : await fuzz({ ...given, side });
  console.log(`${side}: ${runs} runs from seed ${options.seed}, ${findings.length} findings`);
  console.log(summary);
  for (const finding of findings) console.log(finding);
  if (findings.length > 0 || runs === 0) process.exitCode = 1;
}
// Clients that hold their connections are part of the load, and keep nobody here.
process.exit();
