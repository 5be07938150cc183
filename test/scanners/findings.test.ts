import { expect, test } from "vitest";
import { type Exception, type Finding, judged, objectName } from "./findings.ts";

const found: Finding = { scanner: "checkov", rule: "R1", object: "Job a", text: "is bad" };
const excepted: Exception = { scanner: "checkov", rule: "R1", objects: ["Job a"], reason: "it must be" };

test("a finding needs an exception, of its scanner, its rule and its object", () => {
  expect(judged([found], [excepted])).toEqual([]);
  expect(judged([found], [{ ...excepted, objects: "any" }])).toEqual([]);
  expect(judged([found], [])).toEqual([expect.stringMatching(/^checkov R1: Job a: is bad: mend it, or add/)]);
  for (const other of [{ scanner: "kube-score" }, { rule: "R2" }, { objects: ["Job b"] }] as const)
    expect(judged([found], [{ ...excepted, ...other }])).toContainEqual(
      expect.stringMatching(/^checkov R1: Job a: is bad/),
    );
});

test("an exception of which nothing is found any more is one too many, object by object", () => {
  expect(judged([], [excepted])).toEqual([expect.stringContaining("Job a: nothing is found any more")]);
  expect(judged([found], [{ ...excepted, objects: ["Job a", "Job b"] }])).toEqual([
    expect.stringContaining("Job b: nothing is found any more"),
  ]);
  expect(judged([], [{ ...excepted, objects: "any" }])).toHaveLength(1);
});

test("ends of names that are drawn by chance are no part of an object's name", () => {
  expect(objectName("Job", "provision-kafka-85204ecd")).toBe("Job provision-kafka");
  expect(objectName("StatefulSet", "kafka-85204ecd")).toBe("StatefulSet kafka-85204ecd");
});
