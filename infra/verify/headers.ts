import { randomUUID } from "node:crypto";
import { routeTable } from "../../config/routes.ts";
import { trustedProxiesOf } from "../../config/settings/front.ts";
import { parsed } from "./door.ts";
import { echoOf } from "./routes.ts";
import { routed, type Subject } from "./subject.ts";
import { Failed, Skipped, type Tried, tried } from "./tried.ts";

/** What the gateway adds and keeps off, and what it tells browsers. */
export const headers = (subject: Subject): Promise<Tried>[] => [
  tried("headers", "X-Request-ID", () => requestId(subject)),
  tried("headers", "X-Forwarded-*", () => forwarded(subject)),
  tried("headers", "security", () => security(subject)),
  ...preflights(subject),
];

/** A path of the first service; whatever it answers. */
function anywhere({ platform }: Subject): string {
  const [route] = routed(platform).flatMap((service) => service.routes);
  if (route === undefined) throw new Skipped("the platform has no routes");
  return `${route.prefix === "/" ? "" : route.prefix}/beat-verify`;
}

async function requestId(subject: Subject): Promise<string> {
  const { door } = subject;
  const path = anywhere(subject);
  const id = `beat-verify-${randomUUID()}`;
  const kept = (await door.ask(path, { headers: { "x-request-id": id } })).headers.get("x-request-id");
  if (kept !== id) throw new Failed(`sent ${id}, came back ${kept ?? "nothing"}`);
  const made = (await door.ask(path)).headers.get("x-request-id");
  if (made === null || made === "") throw new Failed("a request without one gets none");
  return "kept as sent, made where there is none";
}

/** Documentation's own network (RFC 5737): nobody's address. */
const forged = "203.0.113.77";

async function forwarded(subject: Subject): Promise<string> {
  const paths = routed(subject.platform).map((service) => echoOf(subject, service));
  const path = paths.find((at) => at !== undefined);
  if (path === undefined) throw new Skipped("only samples tell what they were sent, and there is none");
  const id = randomUUID();
  const { text } = await subject.door.service(path, {
    headers: { "x-forwarded-for": forged, "x-request-id": id },
  });
  const raw = parsed(text).headers;
  const list: readonly unknown[] = Array.isArray(raw) ? raw : [];
  const sent = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) sent.set(String(list[i]).toLowerCase(), String(list[i + 1]));
  for (const name of ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"])
    if (!sent.get(name)) throw new Failed(`the service is not told ${name}`);
  if (sent.get("x-request-id") !== id) throw new Failed("the service is told another X-Request-ID");
  const client = sent.get("x-forwarded-for") ?? "";
  if (client.includes(forged) && trustedProxiesOf(subject.settings).length === 0)
    throw new Failed(`a client's own X-Forwarded-For is believed: ${client}`);
  return `for ${client}, ${sent.get("x-forwarded-proto")}, host ${sent.get("x-forwarded-host")}`;
}

async function security(subject: Subject): Promise<string> {
  const { headers: got } = await subject.door.ask(anywhere(subject));
  const wanted = { "x-content-type-options": "nosniff", "x-frame-options": "DENY" } as const;
  for (const [name, value] of Object.entries(wanted))
    if (got.get(name) !== value) throw new Failed(`${name} is ${got.get(name) ?? "not there"}`);
  return "nosniff, no frames";
}

/** An origin that nobody allows (RFC 2606). */
const foreign = "https://beat-verify.invalid";

function preflights(subject: Subject): Promise<Tried>[] {
  const { platform, settings, door } = subject;
  const allowed = routeTable(platform, settings.cors).services.filter(({ cors }) => cors !== undefined);
  if (allowed.length === 0)
    return [
      tried("headers", "CORS", async () => {
        throw new Skipped("no origin is allowed: platform:cors is empty");
      }),
    ];
  return allowed.map(({ prefix, cors }) =>
    tried("headers", `CORS ${prefix}`, async () => {
      const [first = "*"] = cors?.origins ?? [];
      const origin = first === "*" ? foreign : first;
      const method = cors?.methods?.[0] ?? "POST";
      const preflight = (from: string) =>
        door.ask(`${prefix === "/" ? "" : prefix}/beat-verify`, {
          method: "OPTIONS",
          headers: { origin: from, "access-control-request-method": method },
        });
      const answer = await preflight(origin);
      const named = answer.headers.get("access-control-allow-origin");
      if (answer.status !== 204 || named !== first)
        throw new Failed(`a preflight from ${origin} gets ${answer.status}, for ${named ?? "no origin"}`);
      if (first === "*") return "any origin may";
      const other = (await preflight(foreign)).headers.get("access-control-allow-origin");
      if (other !== null) throw new Failed(`an origin that is not allowed gets ${other}`);
      return `${origin} may, others may not`;
    }),
  );
}
