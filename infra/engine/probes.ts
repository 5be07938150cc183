import { quoted } from "../../core/shell.ts";
import type { Probe } from "../../core/workload.ts";

/** The test of a health check, in the engine's terms; undefined when the image has nothing to ask with. */
export function testOf(probe: Probe): string[] | undefined {
  if ("exec" in probe) return ["CMD", ...probe.exec];
  if ("shell" in probe) return ["CMD-SHELL", probe.shell];
  // An engine asks inside the container, with what the image has.
  const port = "http" in probe ? probe.port : probe.tcp;
  const path = "http" in probe ? probe.http : undefined;
  const connect = `exec 3<>/dev/tcp/127.0.0.1/${port}`;
  switch (probe.tool) {
    case "wget":
      return path === undefined
        ? ["CMD", "nc", "-z", "127.0.0.1", String(port)]
        : ["CMD", "wget", "-q", "-O", "/dev/null", "-T", "4", `http://127.0.0.1:${port}${path}`];
    case "bash": {
      if (path === undefined) return ["CMD", "bash", "-c", connect];
      // No curl and no wget in the image: bash speaks enough HTTP for a probe.
      const request = `printf 'GET %s HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n' ${quoted(path)} >&3`;
      return [
        "CMD",
        "bash",
        "-c",
        `${connect} && ${request} && read -r status <&3 && [[ $status == *' 200 '* ]]`,
      ];
    }
    default:
      return undefined;
  }
}
