import { relative, sep } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { tellCounts } from "./counts.ts";
import { type FileOutcome, unrun } from "./unrun.ts";

/** Ends a run with one line of counts; before it, every skipped test with its reason, and the layers of which nothing ran. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const outcomes: FileOutcome[] = [];
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1;
      const { root, testNamePattern } = module.project.config;
      const file = relative(root, module.moduleId).split(sep).join("/");
      let [tests, skipped, reason] = [0, 0, ""];
      for (const test of module.children.allTests()) {
        const result = test.result();
        counts[result.state === "pending" ? "skipped" : result.state] += 1;
        tests += 1;
        if (result.state !== "skipped") continue;
        console.log(`skipped: ${test.fullName}${result.note ? `: ${result.note}` : ""}`);
        // Where a whole suite is skipped, its name says why.
        if (skipped++ === 0) reason = result.note ?? test.fullName.split(" > ")[0] ?? "";
      }
      // Who asks for some tests by name knows that the others do not run.
      if (testNamePattern === undefined) outcomes.push({ file, tests, skipped, reason });
    }
    tellCounts({ ...counts, unrun: unrun(outcomes) });
  }
}
