import { readFileSync } from "node:fs";

/** The password in a file, without the line end that editors add; `config/settings/secret-rules.ts` says which there may be. */
export function readPassword(file: string): string {
  return readFileSync(file, "utf8").replace(/\r?\n$/, "");
}
