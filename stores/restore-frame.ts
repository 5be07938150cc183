import { quoted } from "../core/shell.ts";

/** Which backups a restore looks for: the folder of its store, and how its files end. */
export interface RestoreFrame {
  readonly store: string;
  readonly suffix: string;
}

/** Prints every backup there is: store, database, file and bytes, a line each. */
export const listScript = [
  "set -euo pipefail",
  "cd /backups",
  "find . -mindepth 3 -maxdepth 3 -type f ! -name '*.part' -printf '%P %s\\n' | sort | tr '/' ' '",
  "",
].join("\n");

/** Commands that set `file` and `now`, from `database` and `from`; they end with 3 when there is no such file. */
export const findBackup = ({ store, suffix }: RestoreFrame): string[] => [
  `folder=/backups/${quoted(store)}/"$database"`,
  `if [ "$from" = latest ]; then from="$(ls -1 "$folder" 2>/dev/null | grep -E '^[0-9]{8}T[0-9]{6}Z\\${suffix}$' | tail -n 1 || true)"; fi`,
  'file="$folder/$from"',
  'if [ -z "$from" ] || [ ! -f "$file" ]; then echo "there is no backup $file" >&2; exit 3; fi',
  'now="$(date -u +%Y%m%dT%H%M%SZ)"',
];
