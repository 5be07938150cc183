import type { Problem } from "../message/problem.ts";

/** A rate limit is used up. */
export const tooMany: Problem = {
  status: 429,
  reason: "rate_limited",
  detail: "there were too many requests from this address",
};

/** A preflight that the route's CORS does not allow. */
export const notAllowed: Problem = {
  status: 403,
  reason: "cors",
  detail: "this origin, method or field is not allowed",
};
