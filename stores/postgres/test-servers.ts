import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { postgres } from "./store.ts";

/** A PostgreSQL that a test can start: of the machine, or an image of its engine. */
export interface ServerKind {
  /** Its version, and where it comes from. */
  readonly title: string;
  start(): Promise<RunningServer>;
}

/** An empty server of a test's own, where the superuser `postgres` needs no password on the way here. */
export interface RunningServer {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Its container, where it is one. */
  readonly container?: string;
  stop(): void;
}

const password = "Superuser1234";
const said = (command: string, ...args: string[]): string | undefined => {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
};
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** Where Debian and its kin install the servers, a folder for each major version. */
const installed = "/usr/lib/postgresql";

function ofMachine(version: string): ServerKind {
  const bin = join(installed, version, "bin");
  return {
    title: `PostgreSQL ${version} of this machine`,
    start: async () => {
      const folder = mkdtempSync(join(tmpdir(), "beat-postgres-"));
      // It refuses to run as root.
      const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
      if (nobody.uid !== undefined) chownSync(folder, nobody.uid, nobody.gid);
      const run = (tool: string, ...args: string[]) =>
        execFileSync(join(bin, tool), args, { ...nobody, cwd: folder, stdio: "ignore" });
      const data = join(folder, "data");
      run(
        "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "--auth-host=scram-sha-256",
        "--auth-local=trust",
        "--no-sync",
      );
      const port = await freePort();
      const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
      run("pg_ctl", "-D", data, "-w", "-l", join(folder, "log"), "-o", options, "start");
      const socket = new pg.Client({ host: folder, port, user: "postgres" });
      await socket.connect();
      await socket.query(`ALTER ROLE postgres PASSWORD ${pg.escapeLiteral(password)}`);
      await socket.end();
      return {
        host: "127.0.0.1",
        port,
        password,
        stop: () => {
          run("pg_ctl", "-D", data, "-m", "immediate", "stop");
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  };
}

function ofEngine(image: string): ServerKind {
  return {
    title: `${image} of the engine`,
    start: async () => {
      const given = ["-e", `POSTGRES_PASSWORD=${password}`, "-p", "127.0.0.1::5432"];
      const id = execFileSync("docker", ["run", "-d", "--rm", ...given, image, "-c", "fsync=off"], {
        encoding: "utf8",
      }).trim();
      const port = Number(said("docker", "port", id, "5432/tcp")?.split("\n")[0]?.split(":").at(-1));
      // During the first boot a server answers on its socket alone.
      for (
        let left = 120;
        said("docker", "exec", id, "pg_isready", "-q", "-h", "127.0.0.1") === undefined;
        left--
      ) {
        if (left === 0) {
          said("docker", "rm", "-f", "-v", id);
          throw new Error(`${image} does not answer`);
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      return {
        host: "127.0.0.1",
        port,
        password,
        container: id,
        stop: () => void said("docker", "rm", "-f", "-v", id),
      };
    },
  };
}

const { repository, tag } = postgres.images.postgres;
const image = `${repository}:${tag}`;

/** The server that the platform runs, with its tools; undefined where the engine does not have its image. */
export const ownServer = (): ServerKind | undefined =>
  said("docker", "image", "inspect", image) === undefined ? undefined : ofEngine(image);

/** Every server that this machine can start. */
export function serverKinds(): ServerKind[] {
  const versions = existsSync(installed) ? readdirSync(installed) : [];
  const own = ownServer();
  return [
    ...versions.filter((version) => existsSync(join(installed, version, "bin/initdb"))).map(ofMachine),
    ...(own === undefined ? [] : [own]),
  ];
}
