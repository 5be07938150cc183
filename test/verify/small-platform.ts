import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { UnsecuredJWT } from "jose";
import { WebSocketServer } from "ws";
import type { PlatformModel } from "../../config/define/model.ts";
import { platform } from "../../config/platform.ts";
import { routeTable } from "../../config/routes.ts";
import { Gateway } from "../../gateway/test/support/gateway.ts";
import type { Inside, Place, Ran } from "../../infra/operate/inside.ts";
import { Door } from "../../infra/verify/door.ts";
import type { Subject } from "../../infra/verify/subject.ts";
import type { Tried } from "../../infra/verify/tried.ts";
import { verify } from "../../infra/verify/verify.ts";
import { dockerSettings } from "../settings.ts";

const model: PlatformModel = platform;

/** What a test breaks. */
export interface Faults {
  /** The key that auth publishes. */
  key: KeyObject;
  /** Whether messaging takes the upgrade of a token. */
  opens: boolean;
  /** Whether it answers a message. */
  answers: boolean;
  /** Whether auth hears of profiles. */
  activates: boolean;
  /** What an active account's token says that it may do. */
  scope: unknown;
  /** Stores that are not ready. */
  readonly away: Set<string>;
  /** What a watch tells of a group; undefined: it does not run. */
  report: ((group: string) => object) | undefined;
}

/** The platform's own definition behind a real gateway, with small servers as services, and what is asked inside of it by script. */
export class SmallPlatform {
  readonly keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  readonly faults: Faults = {
    key: this.keys.publicKey,
    opens: true,
    answers: true,
    activates: true,
    scope: ["profile:create", "group:create"],
    away: new Set(),
    report: healthy,
  };
  /** Every request that wrote something. */
  readonly writes: string[] = [];
  readonly servers = new Map<string, Server>();
  gateway = new Gateway();
  readonly settings;
  readonly #ports = new Map<string, number>();
  /** The access tokens that were given, and who logged in. */
  readonly #given = new Set(["access"]);
  #email: string | undefined;

  /** @param settings of the stack. */
  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.settings = dockerSettings(settings);
  }

  async start(): Promise<void> {
    for (const { name } of Object.values(model.services)) await this.serve(name);
    await this.startGateway();
  }

  /** @param change what another gateway does with a route. */
  async startGateway(change: (route: object) => object = (route) => route): Promise<void> {
    const routes = routeTable(model, this.settings.cors).services.map((route) =>
      change({ ...route, host: "127.0.0.1", port: this.#ports.get(route.host) ?? 0 }),
    );
    this.gateway = await Gateway.start({ slots: 0, routes });
  }

  async serve(name: string): Promise<void> {
    const sockets = new WebSocketServer({ noServer: true });
    const server = createServer((request, response) => {
      void this.#answer(name, request, response);
    });
    server.on("upgrade", (request, socket, head) => {
      const { searchParams } = new URL(request.url ?? "/", "http://service");
      if (!this.faults.opens || !this.#given.has(searchParams.get("token") ?? ""))
        return socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      sockets.handleUpgrade(request, socket, head, (peer) => {
        peer.on("message", () => this.faults.answers && peer.send("phx_reply"));
      });
    });
    server.listen(this.#ports.get(name) ?? 0, "127.0.0.1");
    await once(server, "listening");
    this.servers.set(name, server);
    this.#ports.set(name, (server.address() as AddressInfo).port);
  }

  /** Stops a service; it can be served again at the same port. */
  async away(name: string): Promise<void> {
    const server = this.servers.get(name);
    server?.closeAllConnections();
    server?.close();
    if (server?.listening) await once(server, "close");
  }

  async #answer(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    if (request.method !== "GET") this.writes.push(`${request.method} ${name}${request.url}`);
    const send = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const [path = ""] = (request.url ?? "").split("?");
    const { service, headers } = { service: name.replace(/-service$/, ""), headers: request.rawHeaders };
    if (path === "/api/v1/echo") return send(200, { service, headers });
    const jwk = this.faults.key.export({ format: "jwk" });
    const kid = createHash("sha256").update(String(jwk.n)).digest("hex");
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, string>);
    const pages: Readonly<Record<string, () => void>> = {
      "GET /.well-known/jwks.json": () => send(200, { keys: [{ ...jwk, kid, use: "sig", alg: "RS256" }] }),
      "GET /api/v1/health": () => send(200, {}),
      "GET /swagger/index.html": () => send(200, {}),
      "GET /api/v1/account/groups/permissions": () => send(200, { exposed: true }),
      "POST /api/v1/account/sign-up": () => send(201, { access_token: "access", email: body.email }),
      "POST /api/v1/account/token": () => {
        this.#email = body.email;
        send(200, {
          access_token: this.#token(this.faults.activates ? this.faults.scope : ["profile:create"]),
        });
      },
      "POST /api/v1/profiles/client": () => send(201, {}),
      "GET /api/v1/account/profiles/me": () => send(200, { email: this.#email }),
      "GET /api/v1/notifications": () =>
        send(this.#given.has(request.headers.authorization?.slice(7) ?? "") ? 200 : 401, []),
    };
    const page = pages[`${request.method} ${path}`];
    if (page === undefined) send(name === "auth-service" ? 500 : 404, { detail: "no such path" });
    else page();
  }

  /** A token as auth makes them; nobody here checks its signature. */
  #token(scope: unknown): string {
    const token = new UnsecuredJWT({ scope }).encode();
    this.#given.add(token);
    return token;
  }

  readonly #inside: Omit<Inside, "runtime"> = {
    run: async ({ workload }: Place, command): Promise<readonly Ran[]> => {
      const member = `small-${workload}`;
      if (this.faults.away.has(workload)) return [{ member, code: undefined, output: "Exited (137)" }];
      if (!workload.startsWith("consumer-watch-")) return [{ member, code: 0, output: "" }];
      const { report } = this.faults;
      if (report === undefined) return [{ member, code: undefined, output: "Exited (137)" }];
      const url = new URL(command.at(-1) ?? "");
      const groups = url.searchParams.getAll("name").map((group) => report(group));
      return [{ member, code: 0, output: JSON.stringify({ groups }) }];
    },
    gateway: async () => ({ base: this.base, close: () => {} }),
  };

  get inside(): Inside {
    const { settings } = this;
    const id = "beat-ecoprove-small";
    return { ...this.#inside, runtime: { kind: "engine", settings, id, waitsForExit: false } };
  }

  get base(): string {
    return `http://127.0.0.1:${this.gateway.port}`;
  }

  get subject(): Subject {
    return {
      platform: model,
      settings: this.settings,
      door: new Door(this.base),
      inside: this.inside,
      publicKey: this.keys.publicKey,
      patienceSeconds: 2,
    };
  }

  /** What was tried, line by line; what it announced comes first. */
  async verify(journey = false, subject: Subject = this.subject): Promise<Line[]> {
    const lines: Line[] = [];
    for await (const one of verify(subject, { journey, announce: (said) => this.announced.push(...said) }))
      lines.push(one);
    return lines;
  }
  readonly announced: string[] = [];

  async stop(): Promise<void> {
    await this.gateway.stop();
    for (const name of this.servers.keys()) await this.away(name);
  }
}

type Line = Tried;

/** A group that has read everything. */
export function healthy(group: string): { partitions: { committed: string; end: string }[] } {
  const service = Object.values(model.services).find(({ needs }) => needs.kafka?.group === group);
  const given = service?.needs.kafka?.consumes ?? [];
  return {
    group,
    members: 1,
    given,
    partitions: given.map((topic) => ({ topic, partition: 0, committed: "7", start: "0", end: "7" })),
  } as { partitions: { committed: string; end: string }[] };
}
