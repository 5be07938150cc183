import http from "node:http";
import { Server } from "node:net";

const { close } = Server.prototype;

/** Preloaded into a gateway: a defect by which its server never says that it is closed. */
Server.prototype.close = function neverForHttp(done) {
  return this instanceof http.Server ? this : close.call(this, done);
};
