import { nodeProblem } from "./requirements.ts";

const problem = nodeProblem();
if (problem !== undefined) {
  process.stderr.write(`gateway: ${problem}\n`);
  process.exit(1);
}
