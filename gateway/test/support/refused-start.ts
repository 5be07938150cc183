import { Gateway, type GatewayOptions } from "./gateway.ts";

/** How a gateway ended that should not have started. */
export interface RefusedStart {
  readonly code: number | undefined;
  readonly stderr: string;
}

/** Starts a gateway that must refuse what it is told. @throws when it listens. */
export async function refusedStart(options: GatewayOptions): Promise<RefusedStart> {
  const gateway = new Gateway();
  const started = await gateway.start({ slots: 0, ...options }).then(
    () => true,
    () => false,
  );
  const { exitCode: code, stderr } = gateway;
  await gateway.stop();
  if (started) throw new Error("it listens");
  return { code, stderr };
}
