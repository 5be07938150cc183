import { quoted } from "../core/shell.ts";
import { waitForLock } from "./backup-frame.ts";
import { namingFunctions, newestOf } from "./backup-names.ts";
import { tellRestore } from "./restore-status.ts";

/** Which backups a restore looks for: the folder of its store, and how its files end. */
export interface RestoreFrame {
  readonly store: string;
  readonly suffix: string;
}

/** Prints every backup there is: store, database, file and bytes, a line each. */
export const listScript = [
  "set -euo pipefail",
  "cd /backups",
  "find . -mindepth 3 -maxdepth 3 -type f ! -name '*.part' ! -name '*.manifest' ! -path './.*' -printf '%P %s\\n' | sort | tr '/' ' '",
  "",
].join("\n");

/**
 * Commands that set `file` and `now`, from `database` and `from`; they end with 3 when there is no such file.
 * @param former what the database was called before: the latest is the newest of all its names.
 */
export const findBackup = ({ store, suffix }: RestoreFrame, former: readonly string[] = []): string[] => [
  `STORE=${quoted(store)}`,
  ...tellRestore,
  ...waitForLock,
  ...namingFunctions([suffix]),
  ...newestOf,
  `folder="/backups/$STORE/$database" file="" names=(${['"$database"', ...former.map(quoted)].join(" ")})`,
  'if [ "$from" = latest ]; then',
  '  read -r found named <<< "$(newest_of "${names[@]}")"',
  '  if [ -n "$found" ]; then file="/backups/$STORE/$named/$found" from="$found"; fi',
  "else",
  '  for named in "${names[@]}"; do',
  '    if [ -f "/backups/$STORE/$named/$from" ]; then file="/backups/$STORE/$named/$from"; break; fi',
  "  done",
  "fi",
  'if [ -z "$file" ]; then echo "there is no backup $folder/$from" >&2; exit 3; fi',
  "name_older() {",
  "  local older",
  `  older="$(ls -1 "\${file%/*}" | awk -v than="$from" '$0 < than' | latest "\${file%/*}")"`,
  '  if [ -n "$older" ]; then echo "the one before it: ./beat restore --store $STORE --database $database --from $older${ofStack}" >&2; fi',
  "}",
  'for part in "$file" "$file.manifest"; do',
  '  if [ ! -e "$part" ] || [ -r "$part" ]; then continue; fi',
  '  echo "$part cannot be read by $(id -un 2> /dev/null || id -u): its owner or mode was changed; nothing was changed by this restore" >&2',
  "  name_older",
  "  exit 4",
  "done",
  // Where there is a manifest, a damaged file is found before anything is touched.
  `if [ -f "$file.manifest" ] && ! grep -qx "sha256 $(sha256sum < "$file" | cut -d ' ' -f 1)" "$file.manifest"; then`,
  '  echo "$file is damaged: its checksum is not that of its manifest; nothing was changed" >&2',
  "  name_older",
  "  exit 4",
  "fi",
  'now="$(date -u +%Y%m%dT%H%M%SZ)"',
];
