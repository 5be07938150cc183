import { client } from "./client.ts";
import { message } from "./message.ts";
import { messageAnswers } from "./message-answers.ts";
import type { Mutant } from "./mutant.ts";
import { node } from "./node.ts";
import { observe } from "./observe.ts";
import { policy } from "./policy.ts";
import { pool } from "./pool.ts";
import { process } from "./process.ts";
import { proxyAnswer } from "./proxy-answer.ts";
import { proxyForward } from "./proxy-forward.ts";
import { proxyRequest } from "./proxy-request.ts";
import { routing } from "./routing.ts";
import { table } from "./table.ts";
import { upstream } from "./upstream.ts";

/** All deliberate breaks of the gateway. */
export const mutants: readonly Mutant[] = [
  ...client,
  ...node,
  ...proxyRequest,
  ...proxyForward,
  ...proxyAnswer,
  ...policy,
  ...upstream,
  ...pool,
  ...message,
  ...messageAnswers,
  ...routing,
  ...table,
  ...observe,
  ...process,
];
