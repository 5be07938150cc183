import { afterEach, expect, test, vi } from "vitest";
import { printJson, printJsonAsIs, speakOf } from "./output.ts";

afterEach(() => void vi.restoreAllMocks());

test("words for scripts are those for people: their commands name the stack; what is nobody's words is left alone", () => {
  const written: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  speakOf("prod");
  const said = { parts: [{ name: "redis", ok: false, status: "is not there; fix: ./beat up", ports: 3 }] };
  printJson(said);
  printJsonAsIs({ password: "./beat up" });
  const [words = "", data = ""] = written;
  expect(JSON.parse(words)).toEqual({
    parts: [{ name: "redis", ok: false, status: "is not there; fix: ./beat up --stack prod", ports: 3 }],
  });
  expect(JSON.parse(data)).toEqual({ password: "./beat up" });
});
