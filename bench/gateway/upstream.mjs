import { readFileSync } from "node:fs";
import http from "node:http";

/** `node upstream.mjs FOLDER PORT`: the upstream where nginx is missing. Answers as its configuration does. */
const [folder, port] = process.argv.slice(2);
const files = {
  "/api/v1/small.json": readFileSync(`${folder}/api/v1/small.json`),
  "/api/v1/large.bin": readFileSync(`${folder}/api/v1/large.bin`),
};
const seen = ({ headers }) =>
  JSON.stringify({ id: headers["x-request-id"], for: headers["x-forwarded-for"], host: headers.host });

http
  .createServer((request, response) => {
    const answer = (body, status = 200) =>
      response
        .writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length })
        .end(body);
    if (request.url === "/api/v1/seen") return answer(seen(request));
    if (files[request.url] !== undefined) return answer(files[request.url]);
    if (request.url !== "/api/v1/post") return answer("{}", 404);
    let received = 0;
    request.on("data", (chunk) => {
      received += chunk.length;
    });
    request.on("end", () => answer(`{"received":${received}}`));
  })
  .listen({ port: Number(port), host: "127.0.0.1", backlog: 4096 });
