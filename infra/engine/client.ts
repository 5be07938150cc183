import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { Duplex } from "node:stream";
import Docker from "dockerode";
import { shown } from "../../core/issues.ts";
import { InputError } from "../../core/problems.ts";
import { certificatesFor, withScheme } from "./address.ts";

/**
 * A client of the engine: over a socket, a Windows pipe, TCP, TLS, or through OpenSSH as Docker's own command line does.
 * @param address with or without its scheme; undefined for dockerode's default.
 * @throws {InputError} when it is no address of an engine, or a certificate cannot be read.
 */
export function openEngine(address: string | undefined): Docker {
  if (address === undefined) return new Docker();
  const whole = withScheme(address);
  const pipe = /^(?:unix|npipe):\/\/(.+)$/.exec(whole)?.[1];
  if (pipe !== undefined) return new Docker({ socketPath: pipe });
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || !/^(tcp|http|https|ssh):$/.test(url.protocol) || url.hostname === "")
    throw new InputError("the container engine cannot be reached", [
      {
        path: "DOCKER_HOST",
        message: `${shown(address)} is no address of an engine`,
        fix: "unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host",
      },
    ]);
  const { hostname } = url;
  if (url.protocol === "ssh:") return throughAgent(sshAgent(url));
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const certificates = certificatesFor(whole);
  // Source: IANA, service names "docker" (2375) and "docker-s" (2376).
  return certificates === undefined
    ? new Docker({ protocol: "http", host, port: Number(url.port || 2375) })
    : new Docker({
        protocol: "https",
        host,
        port: Number(url.port || 2376),
        ...readCertificates(certificates),
      });
}

function throughAgent(agent: Agent): Docker {
  const engine = new Docker({ protocol: "http", host: "localhost", port: 80 });
  // docker-modem takes an agent; dockerode's types leave it out.
  (engine.modem as { agent?: Agent }).agent = agent;
  return engine;
}

function readCertificates(directory: string): { ca: string; cert: string; key: string } {
  const read = (name: string): string => {
    const file = join(directory, name);
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      throw new InputError("the container engine cannot be reached", [
        {
          path: file,
          message: `cannot be read (${(error as NodeJS.ErrnoException).code}), and the engine is spoken to by TLS`,
          fix: "set DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem, or unset DOCKER_TLS_VERIFY",
        },
      ]);
    }
  };
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}

/** Each connection is one `ssh`, so that its settings, keys and known hosts are the user's own. */
function sshAgent({ username, hostname, port }: URL): Agent {
  const agent = new Agent();
  const args = [
    "-T",
    ...["-o", "ConnectTimeout=30"],
    ...(username === "" ? [] : ["-l", decodeURIComponent(username)]),
    ...(port === "" ? [] : ["-p", port]),
    "--",
    hostname.replace(/^\[(.*)\]$/, "$1"),
    "docker system dial-stdio",
  ];
  return Object.assign(agent, { createConnection: () => throughCommand("ssh", args) });
}

/** A connection whose bytes are what a program reads and writes; when it fails, with what it said last. */
function throughCommand(command: string, args: readonly string[]): Duplex {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-2048);
  });
  const connection = new Duplex({
    read: () => void child.stdout.resume(),
    // That it could not be written says less than why the program ended, which follows.
    write: (chunk, _encoding, done) => void child.stdin.write(chunk, () => done()),
    final: (done) => void child.stdin.end(() => done()),
    destroy(error, done) {
      child.kill();
      done(error);
    },
  });
  const fail = (reason: string) => connection.destroy(new Error(`${command}: ${reason}`));
  child.stdin.on("error", () => {});
  child.stdout.on("data", (chunk: Buffer) => {
    if (!connection.push(chunk)) child.stdout.pause();
  });
  child.once("error", ({ message }) => fail(message));
  child.once("close", (code) => {
    if (code === 0) connection.push(null);
    else fail(said.trim().split("\n").at(-1) || `ended with ${code}`);
  });
  return connection;
}
