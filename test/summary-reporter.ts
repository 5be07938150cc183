import type { Reporter, TestModule } from "vitest/node";
import { tellCounts } from "./counts.ts";

/** Ends a run with one line of counts, and names every skipped test with its reason. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        counts[result.state === "pending" ? "skipped" : result.state] += 1;
        if (result.state === "skipped")
          console.log(`skipped: ${test.fullName}${result.note ? `: ${result.note}` : ""}`);
      }
    }
    tellCounts(counts);
  }
}
