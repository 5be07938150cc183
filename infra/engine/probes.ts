import { quoted } from "../../core/shell.ts";
import type { Health, Probe } from "../../core/workload.ts";

/** The test of a health check, in the engine's terms; undefined when the image has nothing to ask with. */
export function healthTest(probe: Probe): string[] | undefined {
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

/**
 * A test that also ends the container once a page answers 200: an engine starts again what has ended, and nothing else. It asks in
 * the background, so that a page that is slow or away never makes the container unhealthy. The signal goes to the engine's init
 * process, which passes it on.
 */
export function restartingTest(
  test: readonly string[],
  probe: Probe,
  { host, port, path }: NonNullable<Health["endsOn"]>,
): string[] {
  const [kind, ...words] = test;
  const ready = kind === "CMD" ? words.map(quoted).join(" ") : words.join(" ");
  const bash = "tool" in probe && probe.tool === "bash";
  const ordered = bash
    ? `bash -c ${quoted(`exec 3<>/dev/tcp/${host}/${port} && printf 'GET %s HTTP/1.1\\r\\nHost: watch\\r\\nConnection: close\\r\\n\\r\\n' ${quoted(path)} >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]`)}`
    : `wget -q -O /dev/null -T 2 ${quoted(`http://${host}:${port}${path}`)}`;
  return ["CMD-SHELL", `${ready} || exit 1; (${ordered} && kill -TERM 1) >/dev/null 2>&1 &`];
}
