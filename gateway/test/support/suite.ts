import { afterAll, beforeAll } from "vitest";
import { Gateway, type GatewayOptions } from "./gateway.ts";

/**
 * A gateway for all cases of a file: started before the first one, stopped after the last.
 * @param options a function when something must listen before the gateway can be told of it.
 */
export function suiteGateway(options: GatewayOptions | (() => Promise<GatewayOptions>) = {}): Gateway {
  const gateway = new Gateway();
  beforeAll(async () => gateway.start(typeof options === "function" ? await options() : options));
  afterAll(() => gateway.stop());
  return gateway;
}

/** Limits so short that a case can wait for them; a tunnel may be quiet for longer than any request. */
export const impatience = {
  GATEWAY_HEADERS_TIMEOUT_MS: "400",
  GATEWAY_BODY_TIMEOUT_MS: "400",
  GATEWAY_RESPONSE_TIMEOUT_MS: "600",
  GATEWAY_TUNNEL_IDLE_MS: "2500",
} as const;
