import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { Refusal, serve } from "./http.ts";

test("a request that has an id is logged with it, and without its query; a probe is not", async () => {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  const server = serve(
    "test",
    0,
    {
      "GET /a": () => ({ status: 200, body: {} }),
      "GET /b": () => {
        throw new Refusal(401, "no");
      },
      "GET /c": () => {
        throw new Error("broken");
      },
    },
    404,
  );
  onTestFinished(() => {
    write.mockRestore();
    server.close();
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const get = (path: string, id?: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: id === undefined ? {} : { "x-request-id": id } });
  for (const [path, id] of [["/a?token=x", "r-1"], ["/b", "r-2"], ["/c", "r-3"], ["/a"]])
    await get(path ?? "", id);
  await vi.waitFor(() => expect(lines.filter((line) => line.includes('"request"')).length).toBe(3));
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told.filter(({ event }) => event !== "listening")).toMatchObject([
    { event: "request", id: "r-1", method: "GET", path: "/a", status: 200 },
    { event: "request", id: "r-2", method: "GET", path: "/b", status: 401 },
    { event: "failed", requestId: "r-3", path: "/c", reason: "broken" },
    { event: "request", id: "r-3", method: "GET", path: "/c", status: 500 },
  ]);
});

test("a head that the gateway lets pass is not too large", async () => {
  const server = serve("test", 0, { "GET /a": () => ({ status: 200, body: {} }) }, 404);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/a`, { headers: { "x-long": "a".repeat(32_000) } });
  expect(answer.status).toBe(200);
});
