import { connect } from "node:net";
import { expect, test } from "vitest";
import { suiteGateway } from "../support/suite.ts";
import { get } from "../support/verdict.ts";

const gateway = suiteGateway({ slots: 1, env: { GATEWAY_ACCESS_LOG: "off" } });

test("must: who pipelines 20,000 requests does not hold up a client that asks one after the other", async () => {
  const count = 20_000;
  const flood = connect(gateway.port, "127.0.0.1");
  let answered = 0;
  let rest = "";
  const over = new Promise<void>((resolve) => {
    flood.on("data", (chunk: Buffer) => {
      const text = rest + chunk.toString("latin1");
      const parts = text.split("HTTP/1.1 404");
      answered += parts.length - 1;
      rest = text.slice(-11);
      if (answered >= count) resolve();
    });
  });
  flood.write(get("/nowhere").repeat(count));
  const client = connect(gateway.port, "127.0.0.1");
  let asked = 0;
  client.on("data", () => {
    asked++;
    if (answered < count) client.write(get("/nowhere"));
  });
  client.write(get("/nowhere"));
  await over;
  expect(asked).toBeGreaterThan(100);
  flood.destroy();
  client.destroy();
}, 30_000);
