import { connect, createServer } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { listening } from "../../test/support/bare-server.ts";
import type { Clients } from "./clients.ts";
import { drain } from "./drain.ts";

test("a drain closes idle connections again and again, and at its limit tells all, then destroys whatever hangs", async () => {
  const server = createServer();
  const port = await listening(server);
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => server.once("connection", resolve));
  const calls: string[] = [];
  const clients = {
    size: 1,
    closeIdle: vi.fn(() => void calls.push("idle")),
    giveUp: () => void calls.push("tell"),
    destroy: () => void calls.push("destroy"),
  };
  await drain(server, clients as unknown as Clients, { drain: 400, drainDelay: 0 });
  expect(clients.closeIdle.mock.calls.length).toBeGreaterThan(2);
  expect(calls.filter((call) => call !== "idle")).toEqual(["tell", "destroy"]);
});
