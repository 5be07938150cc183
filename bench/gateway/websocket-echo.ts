import { echoServer } from "./websocket.ts";

/** `node websocket-echo.ts PORT`: the WebSocket upstream as a process of its own. */
await echoServer(Number(process.argv[2]));
