import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import type { ServiceModel } from "../../config/define/model.ts";
import { publicPaths } from "../../config/public-path.ts";
import { ownWords } from "./door.ts";
import { routed, type Subject } from "./subject.ts";
import { Failed, type Tried, tried } from "./tried.ts";

/** How long a handshake, and an answer after it, may take; milliseconds. */
const patience = 15_000;

/** What a handshake came to. */
type Shaken = { readonly opened: WebSocket } | { readonly status: number; readonly own: string | undefined };

/** Whether each WebSocket route hands handshakes to its service: without a token it must be the service that refuses. */
export const handshakes = (subject: Subject): Promise<Tried>[] =>
  routed(subject.platform).flatMap((service) =>
    service.routes
      .filter(({ websocket }) => websocket)
      .map((route) =>
        tried("websocket", `${route.prefix}, no token`, async () => {
          const stated = pathOf(service);
          const refuses = stated === undefined ? undefined : service.verify.websocket?.refuses;
          const shaken = await shake(subject, stated ?? route.prefix);
          if ("opened" in shaken) {
            shaken.opened.close();
            if (refuses === undefined) return "open";
            throw new Failed("it opens for anybody");
          }
          if (refuses !== undefined && shaken.status !== refuses)
            throw new Failed(
              `${shaken.status}, and the service refuses with ${refuses}: the handshake did not get there`,
            );
          return `${service.name} refuses (${shaken.status})`;
        }),
      ),
  );

/** Whether sockets open for somebody who is logged in, and are answered. @param token an access token. */
export const sockets = (subject: Subject, token: string): Promise<Tried>[] =>
  routed(subject.platform).flatMap((service) => {
    const { websocket } = service.verify;
    const path = pathOf(service);
    if (websocket === undefined || path === undefined) return [];
    const query = new URLSearchParams({ ...websocket.query, [websocket.token]: token });
    return [
      tried("websocket", `${path}, with a token`, async () => {
        const shaken = await shake(subject, `${path}?${query}`, originOf(subject));
        if (!("opened" in shaken)) throw new Failed(`${service.name} refuses (${shaken.status})`);
        return beat(shaken.opened, websocket.beat);
      }),
    ];
  });

const pathOf = ({ routes, verify: { websocket } }: ServiceModel): string | undefined =>
  websocket && publicPaths({ routes: routes.filter((route) => route.websocket) }, websocket.path)[0];

/** The origin of a page of the platform's own: services check it against its public host. */
const originOf = ({ door, settings }: Subject): string =>
  `${new URL(door.base).protocol}//${settings.publicHost}`;

/** @throws {Failed} when the gateway answers itself, or nothing does. */
function shake({ door }: Subject, path: string, origin?: string): Promise<Shaken> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${door.base.replace(/^http/, "ws")}${path}`, {
      handshakeTimeout: patience,
      ...(origin !== undefined && { origin }),
    });
    socket.on("open", () => resolve({ opened: socket }));
    socket.on("unexpected-response", (request, answer) => {
      textOf(answer).then((text) => {
        request.destroy();
        const field = (name: string) => {
          const value = answer.headers[name];
          return typeof value === "string" ? value : null;
        };
        const own = ownWords({ get: field }, text);
        const status = answer.statusCode ?? 0;
        if (own !== undefined) reject(new Failed(`the gateway answers ${status} itself: ${own}`));
        else resolve({ status, own });
      });
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      reject(new Failed(`no handshake (${error.code ?? error.message})`)),
    );
  });
}

/** The beginning of a body. */
async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const chunk of answer) {
      text += String(chunk);
      if (text.length > 4096) break;
    }
  } catch {
    // It was cut; what came is what there is.
  }
  return text;
}

/** Sends a message and waits for any other. */
async function beat(socket: WebSocket, message: string): Promise<string> {
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Failed(`open, but a message is not answered within ${patience / 1000} s`)),
        patience,
      );
      socket.on("message", () => {
        clearTimeout(timer);
        resolve("open, and a message is answered");
      });
      socket.on("close", (code) => {
        clearTimeout(timer);
        reject(new Failed(`open, then closed (${code})`));
      });
      socket.send(message);
    });
  } finally {
    socket.close();
  }
}
