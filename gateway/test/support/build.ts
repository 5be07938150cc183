/** vitest's global set-up: builds the gateway once, unless the suite runs against another one. */
export default async function build(): Promise<void> {
  if (!process.env.GATEWAY_UNDER_TEST) await import("../../build.ts");
}
