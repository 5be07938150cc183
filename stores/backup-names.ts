/** How a backup's name begins: when it was made, in UTC. Nothing else tells its age: a file that was copied has another time. */
const time = "[0-9]{8}T[0-9]{6}Z";
/** Clocks of two machines may differ by so much, seconds. */
const tolerance = 300;

const ending = (suffixes: readonly string[]): string =>
  suffixes.map((suffix) => suffix.replaceAll(".", "\\.")).join("|");

/**
 * Defines what every script asks of names, for a POSIX shell and BusyBox; all functions read names, a line each.
 * - `latest FOLDER` prints the newest backup, none where there is none; one whose name is of the future was made while a clock
 *   was wrong, is named, and is never the latest.
 * - `newest` is given lines `NAME PLACE` and prints the newest of them, the first where two are.
 * - `goes_before DAYS` is given all names of a store and prints the time before which a backup of it may go: it is so many days
 *   ago, and there were so many later days with a backup, since a clock that is ahead makes everything old at once.
 * - `too_old TIME LATEST` prints what may go: what is older, was named here, and does not belong to the latest.
 * @param suffixes how the names of backups end.
 */
export const namingFunctions = (suffixes: readonly string[]): string[] => [
  `soon="$(date -u -d "@$(($(date +%s) + ${tolerance}))" +%Y%m%dT%H%M%SZ)"`,
  "latest() {",
  `  { grep -E '^${time}(${ending(suffixes)})$' || true; } | LC_ALL=C sort | awk -v soon="$soon" -v folder="$1" '`,
  "    substr($0, 1, 16) <= soon { latest = $0; next }",
  `    { print folder "/" $0 " is of the future, so a clock was wrong: it is never the latest, and stays" | "cat >&2" }`,
  `    END { if (latest != "") print latest }'`,
  "}",
  "newest() {",
  `  awk '{ time = substr($0, 1, 16) } time > best { best = time; line = $0 } END { if (line != "") print line }'`,
  "}",
  "goes_before() {",
  // Whole days, so that a backup is there on each of them; and one more, the day that is not over.
  `  cutoff="$(date -u -d "@$(($(date +%s) - ($1 + 1) * 86400))" +%Y%m%dT%H%M%SZ)"`,
  `  { grep -E '^${time}(${ending(suffixes)})$' || true; } | cut -c 1-8 | LC_ALL=C sort -ru | awk -v most="$(($1 + 1))" -v cutoff="$cutoff" '`,
  "    NR <= most { day = $0 }",
  `    END { first = (day == "" ? "00000000" : day) "T000000Z"; print (first < cutoff ? first : cutoff) }'`,
  "}",
  "too_old() {",
  `  { grep -E '^${time}\\.' || true; } | awk -v cutoff="$1" -v latest="$2" \\`,
  `    'substr($0, 1, 16) < cutoff && $0 != latest && $0 != latest ".manifest"'`,
  "}",
];

/** Defines `newest_of NAME...`, for bash: prints `<file> <name>` of the latest backup in the folders of a database's names. */
export const newestOf: readonly string[] = [
  "newest_of() {",
  "  local named found",
  '  for named in "$@"; do',
  '    found="$(ls -1 "/backups/$STORE/$named" 2> /dev/null | latest "/backups/$STORE/$named" || true)"',
  '    if [ -n "$found" ]; then echo "$found $named"; fi',
  "  done | newest",
  "}",
];

/** Whether a name of a backup, or the time by which it is told, is of the future: then it is never the latest. */
export const isOfFuture = (file: string, now = Date.now()): boolean => {
  const soon = new Date(now + tolerance * 1000).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return /^\d{8}T\d{6}Z/.test(file) && file.slice(0, soon.length) > soon;
};
