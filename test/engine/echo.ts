import { WebSocket } from "ws";

/** What comes back of a word over a WebSocket; the status where the handshake is refused. */
export const echoed = (url: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.on("open", () => socket.send("hello"));
    socket.on("message", (data) => {
      resolve(String(data));
      socket.close();
    });
    socket.on("unexpected-response", (_request, answer) => resolve(String(answer.statusCode)));
    socket.on("error", () => resolve("error"));
  });
