import { decodeJwt } from "jose";
import { expect, vi } from "vitest";
import { WebSocket } from "ws";
import type { Account, Fetcher } from "./journey.ts";

/** What a client app knows of somebody who is signed in. */
interface Session {
  readonly token: string;
  readonly profile: string;
  readonly scopes: readonly string[];
}

/** What a journey needs to know of a stack: the samples have their own answers where the real ones have none. */
export interface Mixture {
  readonly stack: Fetcher;
  /** Host and port of the gateway. */
  readonly host: string;
  readonly realMessaging: boolean;
}

const send = (method: string, body: object, token?: string): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: {
    "content-type": "application/json",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  },
});

const sessionOf = async (answer: Response): Promise<Session> => {
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const claims = decodeJwt<{ profile_id?: string; scope?: string[] }>(token);
  return { token, profile: claims.profile_id ?? "", scopes: claims.scope ?? [] };
};

/** Asks for an account; undefined when that was not answered with 201. */
export async function askForAccount(
  stack: Fetcher,
): Promise<{ readonly account: Account; readonly session: Session } | undefined> {
  const account = { email: `${crypto.randomUUID()}@example.org`, password: "Secret123" };
  const answer = await stack
    .fetch("/auth/account/sign-up", send("POST", { ...account, role: "client" }))
    .catch(() => undefined);
  if (answer?.status !== 201) {
    await answer?.body?.cancel();
    return undefined;
  }
  return { account, session: await sessionOf(answer) };
}

/** Gives an account its profile: core tells the others, and auth makes the account active. @returns whether it has one. */
export async function makeProfile(stack: Fetcher, { token }: Session): Promise<boolean> {
  const answer = await stack
    .fetch("/core/profiles/client", send("POST", { display_name: "Ana" }, token))
    .catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 201;
}

/** Logs in; undefined when the account is not known. */
export async function logIn(stack: Fetcher, account: Account): Promise<Session | undefined> {
  const answer = await stack
    .fetch("/auth/account/token", send("POST", { grant_type: "password", ...account }))
    .catch(() => undefined);
  if (answer?.status !== 200) {
    await answer?.body?.cancel();
    return undefined;
  }
  return sessionOf(answer);
}

/** Whether a login gives what only an active account may do: auth has read core's event. */
export const isActive = (session: Session | undefined): boolean =>
  session?.scopes.some((scope) => scope !== "profile:create") ?? false;

/** Until the account is active. @returns its session then. */
export async function becomesActive(stack: Fetcher, account: Account, timeout = 30_000): Promise<Session> {
  let session: Session | undefined;
  await vi.waitFor(
    async () => {
      session = await logIn(stack, account);
      expect(isActive(session), `${account.email} is active`).toBe(true);
    },
    { timeout, interval: 500 },
  );
  return session as Session;
}

/** The first answer on a WebSocket to somebody who wants their own notifications; the status where the handshake is refused. */
const joined = (host: string, token: string, profile: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`ws://${host}/socket/websocket?token=${token}&vsn=2.0.0`);
    const done = (text: string): void => {
      resolve(text);
      socket.close();
    };
    socket.on("open", () =>
      socket.send(JSON.stringify(["1", "1", `notification:${profile}`, "phx_join", {}])),
    );
    socket.on("message", (data) => done(String(data)));
    socket.on("unexpected-response", (_request, answer) => done(String(answer.statusCode)));
    socket.on("error", ({ message }) => done(message));
  });

/**
 * A whole journey through the gateway: sign-up, profile, activation, a refreshed session, what messaging knows of the
 * account, a group and a WebSocket. Samples have no groups; there the notification that they write is looked for.
 */
export async function journey({ stack, host, realMessaging }: Mixture): Promise<Account> {
  const asked = await vi.waitFor(
    async () => {
      const found = await askForAccount(stack);
      if (found === undefined) throw new Error("a sign-up was not answered with 201");
      return found;
    },
    { timeout: 60_000, interval: 1_000 },
  );
  await vi.waitFor(async () => expect(await makeProfile(stack, asked.session)).toBe(true), {
    timeout: 60_000,
    interval: 500,
  });
  const { token, profile } = await becomesActive(stack, asked.account);
  const headers = { authorization: `Bearer ${token}` };
  const me = await stack.fetch("/auth/account/profiles/me", { headers });
  expect(await me.json()).toMatchObject({ email: asked.account.email, profile_id: profile });
  await vi.waitFor(
    async () => {
      const notifications = await stack.fetch("/messaging/notifications", { headers });
      expect(notifications.status).toBe(200);
      if (!realMessaging) expect((await notifications.json()) as unknown[]).not.toEqual([]);
    },
    { timeout: 60_000, interval: 1_000 },
  );
  if (realMessaging) {
    // It makes groups for people it has read of alone.
    const name = crypto.randomUUID();
    await vi.waitFor(
      async () => {
        const body = { name, description: "a test", is_public: true };
        const made = await stack.fetch("/messaging/groups", send("POST", body, token));
        expect(`${made.status} ${made.status === 201 ? "" : await made.text()}`).toBe("201 ");
      },
      { timeout: 60_000, interval: 1_000 },
    );
    const groups = await (await stack.fetch("/messaging/groups", { headers })).text();
    expect(groups).toContain(name);
  }
  expect(await joined(host, token, profile)).toContain(realMessaging ? '"status":"ok"' : "phx_join");
  expect(await joined(host, "wrong", profile)).toBe("403");
  return asked.account;
}
