import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { expect, test } from "vitest";
import { UnderWay } from "./under-way.ts";

const room = { columns: 80, rows: 24 };
const urn = (type: string, name: string) => `urn:pulumi:dev::beat-ecoprove::${type}::${name}`;
const container = "docker:index/container:Container";

/** Events of steps, each at its second. */
class Run {
  readonly underWay = new UnderWay(0);
  send(second: number, event: object): this {
    this.underWay.onEvent(event as EngineEvent, second * 1000);
    return this;
  }
  begins(second: number, name: string, { op = "create", type = container } = {}): this {
    return this.send(second, { resourcePreEvent: { metadata: { op, type, urn: urn(type, name) } } });
  }
  ends(second: number, name: string, what: "resOutputsEvent" | "resOpFailedEvent" = "resOutputsEvent"): this {
    return this.send(second, {
      [what]: { metadata: { op: "create", type: container, urn: urn(container, name) } },
    });
  }
  says(second: number, name: string, message: string, severity = "info"): this {
    return this.send(second, { diagnosticEvent: { urn: urn(container, name), message, severity } });
  }
  at(second: number, lastWords?: string, within = room): string[] {
    return this.underWay.lines(second * 1000, within, lastWords);
  }
}

test("what is under way is shown longest first, with what the longest waits for, and goes when it has ended", () => {
  const run = new Run().begins(1, "postgres").begins(4, "kafka-b");
  expect(run.at(13, "database system is starting up")).toEqual([
    "  … 12 s creating container postgres",
    "      database system is starting up",
    "  … 9 s creating container kafka-b",
    "  13 s, 0 done",
  ]);
  expect(run.ends(14, "postgres").at(70)).toEqual([
    "  … 1 min 6 s creating container kafka-b",
    "  1 min 10 s, 1 done",
  ]);
  expect(run.ends(71, "kafka-b", "resOpFailedEvent").at(71, "late words")).toEqual([
    "  1 min 11 s, 2 done, comparing with what is there",
  ]);
});

test("each kind of step says what is done; components, providers and what stays are no steps", () => {
  const run = new Run()
    .begins(0, "a", { op: "update" })
    .begins(0, "b", { op: "delete" })
    .begins(0, "c", { op: "create-replacement" })
    .begins(0, "d", { op: "delete-replaced" })
    .begins(0, "e", { op: "same" })
    .begins(0, "f", { type: "beat:docker:Stores" })
    .begins(0, "g", { type: "pulumi:providers:docker" });
  expect(run.at(0)).toEqual([
    "  … 0 s updating container a",
    "  … 0 s deleting container b",
    "  … 0 s replacing container c",
    "  … 0 s removing container d",
    "  0 s, 0 done",
  ]);
});

test("between steps it says what goes on", () => {
  const run = new Run();
  expect(run.at(1)).toEqual(["  1 s, 0 done, Pulumi starts"]);
  expect(run.begins(2, "postgres", { op: "refresh" }).at(2)).toEqual([
    "  2 s, 0 done, looking at what is there",
  ]);
  run.underWay.phase("waiting until it answers");
  expect(run.at(3)).toEqual(["  3 s, 0 done, waiting until it answers"]);
});

test("what the provider says of a step is shown where nothing else is known, without its colours", () => {
  const run = new Run()
    .begins(0, "api")
    .says(1, "api", "<{%reset%}>[1/2] \x1b[1mWaiting\x1b[0m for pods\n<{%reset%}>")
    .says(1, "api", "an error is told elsewhere", "error")
    .says(1, "nobody", "unheard");
  expect(run.at(1)[1]).toBe("      [1/2] Waiting for pods");
  expect(run.at(1, "pulling image")[1]).toBe("      pulling image");
});

test("no line is wider than a narrow terminal, nor are there more than it has rows", () => {
  const run = new Run();
  for (let i = 0; i < 20; i++) run.begins(i, `consumer-watch-messaging-service-${i}`);
  const lines = run.at(30, "x".repeat(300), { columns: 40, rows: 10 });
  for (const line of lines) expect([...line].length).toBeLessThan(40);
  expect(lines).toHaveLength(8);
  expect(lines[0]).toBe("  … 30 s creating container consumer-w…");
  expect(lines.at(-1)).toBe("  30 s, 0 done, 14 more under way");
  for (const rows of [1, 2, 3]) expect(run.at(30, "x", { columns: 1, rows }).length).toBeLessThanOrEqual(3);
});
