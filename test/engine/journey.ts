import { expect, vi } from "vitest";

/** What a journey goes through: a stack's gateway. */
export interface Fetcher {
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** An account made by a journey. */
export interface Account {
  readonly email: string;
  readonly password: string;
}

const post = (body: object, token?: string): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: {
    "content-type": "application/json",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  },
});

/**
 * Signs somebody up as a client app does, and follows the events: auth, Kafka, core, Kafka, auth and messaging.
 * Passes only when the account is active (auth consumed core's event) and a notification lies in Mongo.
 */
export async function signUp(stack: Fetcher): Promise<Account> {
  const account = { email: `${crypto.randomUUID()}@example.org`, password: "Secret123" };
  const signedUp = await stack.fetch("/auth/account/sign-up", post({ ...account, role: "client" }));
  expect(signedUp.status).toBe(201);
  const { access_token: token } = (await signedUp.json()) as { access_token: string };
  await vi.waitFor(
    async () => {
      const created = await stack.fetch("/core/profiles/client", post({ display_name: "Ana" }, token));
      expect(created.status).toBe(201);
    },
    { timeout: 15_000, interval: 300 },
  );
  const headers = { authorization: `Bearer ${token}` };
  await vi.waitFor(
    async () => {
      const me = (await (await stack.fetch("/auth/account/profiles/me", { headers })).json()) as {
        is_active: boolean;
      };
      expect(me.is_active).toBe(true);
      const notifications = (await (
        await stack.fetch("/messaging/notifications", { headers })
      ).json()) as unknown[];
      expect(notifications.length).toBeGreaterThan(0);
    },
    { timeout: 15_000, interval: 300 },
  );
  return account;
}

/** Logs in; true when the account is known and active. */
export async function isKnown(stack: Fetcher, account: Account): Promise<boolean> {
  const answer = await stack.fetch("/auth/account/token", post({ grant_type: "password", ...account }));
  return answer.status === 200;
}

/** Every service's own report of its dependencies, tried now; waits for consumers to get their partitions. */
export async function expectWired(stack: Fetcher, prefixes: readonly string[]): Promise<void> {
  for (const prefix of prefixes)
    await vi.waitFor(
      async () => {
        const report = await stack.fetch(`${prefix}/wiring`);
        expect(`${prefix} ${report.status} ${report.status === 200 ? "" : await report.text()}`).toBe(
          `${prefix} 200 `,
        );
      },
      { timeout: 30_000, interval: 500 },
    );
}
