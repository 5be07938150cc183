import { administratorSecret } from "../../core/names.ts";
import { secretOf, text } from "../../core/value.ts";
import type { Workload } from "../../core/workload.ts";
import type { EngineContext } from "../store.ts";
import type { Facts } from "./facts.ts";

/** Mongo Express: a page for developers, behind the administrator's password. */
export function mongoExpress({ facts, hostPort }: EngineContext<Facts, "mongo" | "mongoExpress">): Workload {
  const passwordFile = "/run/secrets/mongo-admin";
  return {
    role: "tool",
    name: "mongo-express",
    host: "mongo-express",
    image: { catalogue: "mongoExpress" },
    env: text({
      // The image presets a URL, which would win over the parts below.
      ME_CONFIG_MONGODB_URL: "",
      ME_CONFIG_MONGODB_SERVER: "mongo",
      ME_CONFIG_MONGODB_PORT: String(facts.port),
      ME_CONFIG_MONGODB_ENABLE_ADMIN: "true",
      ME_CONFIG_MONGODB_AUTH_DATABASE: "admin",
      ME_CONFIG_MONGODB_ADMINUSERNAME: "admin",
      ME_CONFIG_MONGODB_ADMINPASSWORD_FILE: passwordFile,
      ME_CONFIG_BASICAUTH: "true",
      ME_CONFIG_BASICAUTH_USERNAME: "admin",
      ME_CONFIG_BASICAUTH_PASSWORD_FILE: passwordFile,
      VCAP_APP_HOST: "0.0.0.0",
    }),
    files: [
      {
        name: "mongo-express",
        volume: "login",
        directory: "/run/secrets",
        files: { "mongo-admin": secretOf(administratorSecret("mongo")) },
      },
    ],
    endpoints: [{ name: "page", port: 8081, published: hostPort("mongoExpress"), page: "mongo-express" }],
    volumes: [],
    health: {
      // It answers 401 without a login: any answer but a server's error shows that it serves.
      ready: {
        exec: [
          "bash",
          "-c",
          "exec 3<>/dev/tcp/127.0.0.1/8081 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == 'HTTP/1.'?' '[234]* ]]",
        ],
      },
      startupSeconds: 60,
    },
    memoryMiB: 256,
    members: { replicas: 1 },
    stopGraceSeconds: 10,
    dependsOn: ["mongo"],
    restartWith: [],
  };
}
