import { z } from "zod";

/** What a route's answers are counted up to, milliseconds: a budget between two of them could not be measured. */
export const latencyBoundsMs = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

/**
 * What the clients of a route may expect of it. Alerts follow from it: `errors` is the share of its answers that may be 5xx, and
 * of a hundred answers the service may need longer than `p99Ms` milliseconds for one.
 */
export const budgetSchema = z.strictObject({
  errors: z
    .number()
    .min(0.0001)
    // The fastest burn that is told of is 14.4 times the budget: beyond this it could not be reached.
    .max(0.05)
    .default(0.01),
  p99Ms: z.literal([...latencyBoundsMs]).default(1000),
});

/** A route's budget, every default filled in. */
export type Budget = z.output<typeof budgetSchema>;
