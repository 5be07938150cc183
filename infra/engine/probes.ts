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
 * process, which passes it on. What is still there after the time that a stop may take is killed, as the engine would on `stop`: the
 * kernel lets nobody inside kill that init process, but it ends with the last of what it looks after.
 */
export function restartingTest(
  test: readonly string[],
  probe: Probe,
  { host, port, path }: NonNullable<Health["endsOn"]>,
  stopGraceSeconds: number,
): string[] {
  const [kind, ...words] = test;
  const ready = kind === "CMD" ? words.map(quoted).join(" ") : words.join(" ");
  const bash = "tool" in probe && probe.tool === "bash";
  const ordered = bash
    ? `bash -c ${quoted(`exec 3<>/dev/tcp/${host}/${port} && printf 'GET %s HTTP/1.1\\r\\nHost: watch\\r\\nConnection: close\\r\\n\\r\\n' ${quoted(path)} >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]`)}`
    : `wget -q -O /dev/null -T 8 ${quoted(`http://${host}:${port}${path}`)}`;
  return [
    "CMD-SHELL",
    `${ready} || exit 1; (${ordered} && kill -TERM 1 && sleep ${stopGraceSeconds} && kill -KILL -1) >/dev/null 2>&1 &`,
  ];
}

/** A test whose words hold no space, or else one line for a shell, which no engine parts. */
export function unparted(test: readonly string[]): readonly string[] {
  const [kind, ...words] = test;
  if (kind !== "CMD" || words.every((word) => /^\S+$/.test(word))) return test;
  return ["CMD-SHELL", `exec ${words.map(quoted).join(" ")}`];
}

/** Where a container notes that it has been ready: in memory that every start gets anew, and that is writable where the root is not. */
const marker = "/dev/shm/beat-ready";

/**
 * A test that waits before it asks, once it has passed: for an engine with one interval for a start and for all the time after it.
 * It fails at once when it fails, so that what is no longer ready is asked often again.
 * @returns undefined when nobody knows that the image has a shell (and `sleep` and `timeout`), and the probe does not rest by itself.
 */
export function restingTest(
  test: readonly string[],
  probe: Probe,
  { restSeconds, answerSeconds }: { readonly restSeconds: number; readonly answerSeconds: number },
): string[] | undefined {
  const [kind, ...words] = test;
  if ("exec" in probe) {
    if (probe.rests) return [...test, String(restSeconds)];
    if (!/^(\/(usr\/)?bin\/)?(ba)?sh$/.test(probe.exec[0] ?? "")) return undefined;
  }
  const script = [
    `if [ -e ${marker} ]; then sleep ${restSeconds}; fi`,
    `if timeout ${answerSeconds} "$@"; then true 2>/dev/null >${marker}; exit 0; fi`,
    `rm -f ${marker}`,
    "exit 1",
  ].join("\n");
  return ["CMD", "sh", "-c", script, "sh", ...(kind === "CMD" ? words : ["sh", "-c", ...words])];
}
