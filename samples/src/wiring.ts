import type { Answer, Handler } from "./http.ts";

/** Checks of a role's dependencies: each does something real and says what it saw, or throws. */
export type Checks = Readonly<Record<string, () => Promise<string>>>;

/** The wiring page: every dependency, tried now. JSON, or a table for people. */
export const wiring =
  (service: string, checks: Checks): Handler =>
  async ({ request }): Promise<Answer> => {
    const dependencies = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const start = performance.now();
        const result = await check().then(
          (detail) => ({ status: "ok", detail }),
          (error: Error) => ({ status: "failed", detail: error.message }),
        );
        return { name, ...result, ms: Math.round(performance.now() - start) };
      }),
    );
    const status = dependencies.every((dependency) => dependency.status === "ok") ? 200 : 503;
    if (!request.headers.accept?.includes("text/html")) return { status, body: { service, dependencies } };
    const rows = dependencies.map(
      ({ name, status: state, detail, ms }) =>
        `<tr><td>${name}<td>${state}<td>${escapeHtml(detail)}<td>${ms} ms`,
    );
    return {
      status,
      body: `<!doctype html><title>${service}</title><h1>${service}</h1><table>${rows.join("")}</table>`,
    };
  };

const escapeHtml = (text: string): string => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
