import { expect, test } from "vitest";
import { earlierRun, failed, passed } from "../infra/operate/check.ts";
import { besideLock } from "./session.ts";

test("beside a lock that a killed run left it is not said that nothing is left over", () => {
  expect(besideLock(passed(earlierRun, "nothing is left over"))).toEqual(
    passed(earlierRun, "nothing else is left over"),
  );
  const others = [passed("disk", "20 GiB"), failed(earlierRun, { path: "p", message: "it left", fix: "f" })];
  expect(others.map(besideLock)).toEqual(others);
});
