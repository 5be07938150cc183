import { client } from "./client.ts";
import { clientConnection } from "./client-connection.ts";
import { message } from "./message.ts";
import { messageAnswers } from "./message-answers.ts";
import { messageRequests } from "./message-requests.ts";
import type { Mutant } from "./mutant.ts";
import { node } from "./node.ts";
import { observe } from "./observe.ts";
import { observeFigures } from "./observe-figures.ts";
import { policy } from "./policy.ts";
import { policyWorkers } from "./policy-workers.ts";
import { pool } from "./pool.ts";
import { process } from "./process.ts";
import { processWorkers } from "./process-workers.ts";
import { proxyAnswer } from "./proxy-answer.ts";
import { proxyForward } from "./proxy-forward.ts";
import { proxyRequest } from "./proxy-request.ts";
import { proxyRoutes } from "./proxy-routes.ts";
import { proxySending } from "./proxy-sending.ts";
import { proxyTunnel } from "./proxy-tunnel.ts";
import { routing } from "./routing.ts";
import { table } from "./table.ts";
import { upstream } from "./upstream.ts";
import { wiring } from "./wiring.ts";

/** All deliberate breaks of the gateway. */
export const mutants: readonly Mutant[] = [
  ...clientConnection,
  ...client,
  ...node,
  ...proxyRequest,
  ...proxyRoutes,
  ...proxyForward,
  ...proxySending,
  ...proxyAnswer,
  ...proxyTunnel,
  ...policy,
  ...policyWorkers,
  ...upstream,
  ...pool,
  ...message,
  ...messageRequests,
  ...messageAnswers,
  ...routing,
  ...table,
  ...wiring,
  ...observe,
  ...observeFigures,
  ...process,
  ...processWorkers,
];
