import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UpstreamAddress } from "./address.ts";
import type { ReadOutcome, UpstreamConnection } from "./connection.ts";
import { Pool, type PoolLimits, type PoolUser, type Wanted } from "./pool.ts";

const limits: PoolLimits = {
  maxConnections: 2,
  maxWaiting: 2,
  idle: 60_000,
  maxAge: 60_000,
  maxRequests: 100,
};
let servers: Server[] = [];
let accepted: Socket[] = [];
let port = 0;

beforeEach(async () => {
  servers = [];
  accepted = [];
  port = 0;
  await listen("127.0.0.1");
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const socket of accepted) socket.destroy();
  for (const server of servers) server.close();
});

async function listen(host: string): Promise<void> {
  const server = createServer((socket) => accepted.push(socket.on("error", () => {}))).listen(port, host);
  await once(server, "listening");
  servers.push(server);
  port = (server.address() as AddressInfo).port;
}

/** One that knows what it was given, and ends when it is told to. */
class User implements PoolUser {
  readonly method = "GET";
  readonly requestSent = true;
  readonly reusable = true;
  readonly wantsUpgrade = false;
  connection: UpstreamConnection | undefined;
  failed: string | undefined;
  ended: (() => void) | undefined;

  onLent(connection: UpstreamConnection): void {
    this.connection = connection;
  }
  onConnecting(): void {}
  onUpstreamDrain(): void {}
  onInterim(): void {}
  onHead(): void {}
  onBody(): void {}
  onAnswerEnd(): void {
    this.ended?.();
  }
  afterRead(): ReadOutcome {
    return 0;
  }
  onSwitched(): void {}
  onUpstreamFailed(code: string): void {
    this.failed = code;
  }

  get address(): string | undefined {
    return this.connection?.endpoint.address;
  }

  /** Its whole answer arrives. */
  async answered(): Promise<void> {
    const { localPort } = this.connection?.socket ?? {};
    accepted
      .find(({ remotePort }) => remotePort === localPort)
      ?.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await vi.waitFor(() => expect(this.connection?.user).not.toBe(this));
    await pause(5);
  }
}

const poolOf = (more: Partial<PoolLimits> = {}, known: readonly string[] = ["127.0.0.1"]) => {
  const address = new UpstreamAddress("127.0.0.1");
  address.known = known;
  return { address, pool: new Pool(address, port, { ...limits, ...more }) };
};

/** Asks for a connection, and waits for it. */
async function lent(pool: Pool, wanted?: Wanted): Promise<User> {
  const user = new User();
  expect(pool.acquire(user, performance.now(), wanted)).toBe(true);
  await vi.waitFor(() => expect(user.connection ?? user.failed).toBeDefined());
  return user;
}

describe("places", () => {
  test("so many are open, so many wait, the others are too many; first come, first served", async () => {
    const { pool } = poolOf();
    const [a, b] = [await lent(pool), await lent(pool)];
    const [c, d, e] = [new User(), new User(), new User()];
    expect([c, d, e].map((user) => pool.acquire(user, performance.now()))).toEqual([true, true, false]);
    expect(pool.state).toEqual({ open: 2, idle: 0, waiting: 2 });
    await a.answered();
    expect([c.connection, d.connection]).toEqual([a.connection, undefined]);
    // One whose connection breaks makes room too.
    b.connection?.destroy();
    await vi.waitFor(() => expect(d.connection).toBeDefined());
    expect(d.connection).not.toBe(b.connection);
    expect(pool.state).toEqual({ open: 2, idle: 0, waiting: 0 });
  });

  test("whoever waits and leaves is passed over", async () => {
    const { pool } = poolOf({ maxConnections: 1 });
    const a = await lent(pool);
    const [b, c] = [new User(), new User()];
    for (const user of [b, c]) pool.acquire(user, performance.now());
    pool.forget(b);
    expect(pool.state.waiting).toBe(1);
    await a.answered();
    expect([b.connection, c.connection]).toEqual([undefined, a.connection]);
  });

  test("whoever is being connected and leaves gives its place back", async () => {
    const { pool } = poolOf({ maxConnections: 1 });
    const [a, b] = [new User(), new User()];
    pool.acquire(a, performance.now());
    pool.acquire(b, performance.now());
    expect(pool.state).toEqual({ open: 1, idle: 0, waiting: 1 });
    pool.forget(a);
    await vi.waitFor(() => expect(b.connection).toBeDefined());
    expect([a.connection, a.failed]).toEqual([undefined, undefined]);
    expect(pool.state.open).toBe(1);
  });

  test("whoever gets no connection gives its place back", async () => {
    const { pool } = poolOf({ maxConnections: 1 });
    for (const server of servers) server.close();
    for (let i = 0; i < 2; i++) expect((await lent(pool)).failed).toBe("ECONNREFUSED");
    expect(pool.state).toEqual({ open: 0, idle: 0, waiting: 0 });
  });

  test("what lasts takes none, from the beginning or from then on", async () => {
    const { pool } = poolOf({ maxConnections: 1 });
    const [a, b] = [await lent(pool), await lent(pool, { fresh: true, apart: true })];
    expect(pool.state.open).toBe(2);
    const c = new User();
    pool.acquire(c, performance.now());
    for (let i = 0; i < 2; i++) pool.setApart(a.connection as UpstreamConnection);
    await vi.waitFor(() => expect(c.connection).toBeDefined());
    expect(pool.state.open).toBe(3);
    // It gave one place back, which is taken again.
    pool.acquire(new User(), performance.now());
    expect(pool.state).toEqual({ open: 3, idle: 0, waiting: 1 });
    for (const { connection } of [a, b]) connection?.destroy();
    await pause(20);
    expect(pool.state.open).toBe(1);
  });

  test("what lasted is not used again", async () => {
    const { pool } = poolOf();
    const a = await lent(pool);
    pool.setApart(a.connection as UpstreamConnection);
    await a.answered();
    expect(pool.state).toEqual({ open: 0, idle: 0, waiting: 0 });
    expect((await lent(pool)).connection).not.toBe(a.connection);
  });
});

describe("kept connections", () => {
  test("the one used last is used first; whoever wants a fresh one gets it", async () => {
    const { pool, address } = poolOf();
    const [a, b] = [await lent(pool), await lent(pool)];
    await a.answered();
    await b.answered();
    const refresh = vi.spyOn(address, "refresh");
    expect(pool.state).toEqual({ open: 2, idle: 2, waiting: 0 });
    const c = await lent(pool);
    expect(c.connection).toBe(b.connection);
    // Where the name leads is looked after all the same.
    expect(refresh).toHaveBeenCalledTimes(1);
    await c.answered();
    const d = await lent(pool, { fresh: true, apart: true });
    expect([a.connection, b.connection]).not.toContain(d.connection);
  });

  test("whoever wants a fresh one of a full pool gets it in place of a kept one", async () => {
    const { pool } = poolOf();
    const [a, b] = [await lent(pool), await lent(pool)];
    await a.answered();
    await b.answered();
    const c = await lent(pool, { fresh: true });
    expect([a.connection, b.connection]).not.toContain(c.connection);
    expect(pool.state).toEqual({ open: 2, idle: 1, waiting: 0 });
  });

  test("none is lent in the turn in which its answer ended: more may be on its way (response queue poisoning)", async () => {
    const { pool } = poolOf();
    const [a, b] = [await lent(pool), new User()];
    a.ended = () => queueMicrotask(() => void pool.acquire(b, performance.now()));
    await a.answered();
    await vi.waitFor(() => expect(b.connection).toBeDefined());
    expect(b.connection).not.toBe(a.connection);
  });

  test("those opened together end one after the other, a tenth of their age apart at most", async () => {
    vi.spyOn(Math, "random").mockReturnValueOnce(0).mockReturnValueOnce(0.999_999);
    const { pool } = poolOf({ maxAge: 1_000 });
    const ages = [await lent(pool), await lent(pool)].map(({ connection }) =>
      Math.round((connection?.retireAt ?? 0) - (connection?.openedAt ?? 0)),
    );
    expect(ages).toEqual([1_000, 900]);
  });

  test("a pool that is closed keeps none, and none that comes free", async () => {
    const { pool } = poolOf();
    const [a, b] = [await lent(pool), await lent(pool)];
    await a.answered();
    pool.close();
    await pause(20);
    expect([a.connection?.socket.destroyed, b.connection?.socket.destroyed]).toEqual([true, false]);
    await b.answered();
    expect(b.connection?.socket.destroyed).toBe(true);
  });
});

describe.runIf(process.platform === "linux")("several addresses", () => {
  const [one, two] = ["127.0.0.1", "127.0.0.2"] as const;

  test("take turns; the less busy one is taken", async () => {
    await listen(two);
    const { pool } = poolOf({ maxConnections: 9 }, [one, two, one]);
    const users = [await lent(pool), await lent(pool), await lent(pool), await lent(pool)];
    expect(users.map(({ address }) => address).sort()).toEqual([one, one, two, two]);
    for (const user of users.filter(({ address }) => address === two)) await user.answered();
    // Its two are kept, and nothing is under way there.
    expect([(await lent(pool)).address, (await lent(pool)).address]).toEqual([two, two]);
    // Two are under way at either now.
    expect([(await lent(pool)).address, (await lent(pool)).address].sort()).toEqual([one, two]);
  });

  test("one that does not accept is left out for a while", async () => {
    const { pool } = poolOf({ maxConnections: 9 }, [one, two]);
    const users = [await lent(pool), await lent(pool), await lent(pool)];
    expect(users.map(({ address }) => address)).toEqual([one, one, one]);
    await listen(two);
    // Though it has less to do.
    expect([(await lent(pool)).address, (await lent(pool)).address]).toEqual([one, one]);
  });

  test("one to which the name leads no more is left, by what is under way when that is over", async () => {
    await listen(two);
    const { pool, address } = poolOf({ maxConnections: 9 }, [one]);
    const [a, b] = [await lent(pool), await lent(pool)];
    await a.answered();
    address.known = [two];
    const c = await lent(pool);
    expect(c.address).toBe(two);
    expect([a.connection?.socket.destroyed, b.connection?.socket.destroyed]).toEqual([true, false]);
    await b.answered();
    expect(b.connection?.socket.destroyed).toBe(true);
  });
});
