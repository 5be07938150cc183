/** Writes one JSON line; callers pass no secrets. */
export function log(event: string, fields: object = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
}
