import { z } from "zod";

/** Longest time that timers of JavaScript and of servers written in C count, milliseconds: 2^31 - 1. */
const longestTimer = 2_147_483_647;

/** A time of a day at most: what waits longer waits for nothing. @param least seconds. */
export const seconds = (least: number) => z.number().int().min(least).max(86_400);
/** A time in seconds that a server counts in milliseconds of 32 bits. */
export const timerSeconds = z
  .number()
  .int()
  .min(1)
  .max(Math.floor(longestTimer / 1000));
/** Memory of a container, MiB: at most 16 TiB, as in a stack's settings. @param least what its program cannot start below. */
export const memory = (least: number) => z.number().int().min(least).max(16_777_216);
