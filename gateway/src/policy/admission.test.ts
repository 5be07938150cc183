import { expect, test } from "vitest";
import { Admission } from "./admission.ts";

/** An admission that notes who gets a place after waiting, by name. */
function gate(max: number, mostWaiting: number) {
  const admission = new Admission(max, mostWaiting);
  const served: string[] = [];
  const who = (name: string) => ({ onPlace: () => void served.push(name) });
  return { admission, served, who };
}

test("some are in, some wait, the others are too many", () => {
  const { admission, served, who } = gate(2, 1);
  expect(["a", "b", "c", "d"].map((name) => admission.enter(who(name)))).toEqual([
    "in",
    "in",
    "waiting",
    "full",
  ]);
  expect(served).toEqual([]);
  admission.leave();
  expect(served).toEqual(["c"]);
  expect(admission.enter(who("e"))).toBe("waiting");
});

test("who came first is served first, one for each that leaves", () => {
  const { admission, served, who } = gate(1, 3);
  for (const name of ["a", "b", "c", "d"]) admission.enter(who(name));
  admission.leave();
  expect(served).toEqual(["b"]);
  admission.leave();
  admission.leave();
  expect(served).toEqual(["b", "c", "d"]);
  admission.leave();
  expect(admission.enter(who("e"))).toBe("in");
});

test("whoever gives up its turn is passed over, and nobody else", () => {
  const { admission, served, who } = gate(1, 3);
  admission.enter(who("a"));
  const gone = who("b");
  admission.enter(gone);
  admission.enter(who("c"));
  admission.forget(gone);
  admission.forget(gone);
  admission.forget(who("c"));
  expect(admission.enter(who("d"))).toBe("waiting");
  admission.leave();
  admission.leave();
  expect(served).toEqual(["c", "d"]);
});

test("any number may be done at once (CWE-674)", () => {
  const { admission, who } = gate(1, 100_000);
  admission.enter(who("first"));
  let done = 0;
  for (let i = 0; i < 100_000; i++)
    admission.enter({
      onPlace() {
        done++;
        admission.leave();
      },
    });
  admission.leave();
  expect(done).toBe(100_000);
});
