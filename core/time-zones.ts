import { validText } from "./validation.ts";

/** Second names of zones that no rule of capital letters gives. Source: IANA time zone database, `backward`. */
const oddNames =
  "America/Argentina/ComodRivadavia America/Knox_IN Australia/ACT Australia/LHI Australia/NSW Brazil/DeNoronha CET CST6CDT Chile/EasterIsland EET EST EST5EDT Etc/GMT Etc/GMT+0 Etc/GMT-0 Etc/GMT0 Etc/UCT Etc/UTC GB GB-Eire GMT GMT+0 GMT-0 GMT0 HST MET MST MST7MDT Mexico/BajaNorte Mexico/BajaSur NZ NZ-CHAT PRC PST8PDT ROC ROK UCT US/Alaska US/Aleutian US/Arizona US/Central US/East-Indiana US/Eastern US/Hawaii US/Indiana-Starke US/Michigan US/Mountain US/Pacific US/Samoa W-SU WET";

const byLetters = new Map(oddNames.split(" ").map((name) => [name.toLowerCase(), name]));

/** A zone's name as the database spells it; undefined when there is no such zone. @param text in whatever case. */
function spelledZone(text: string): string | undefined {
  let zone: string;
  try {
    zone = new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
  const letters = text.toLowerCase();
  // JavaScript takes any case, and tells of a second name the first one.
  if (zone.toLowerCase() === letters) return zone;
  return byLetters.get(letters) ?? letters.replaceAll(/(?<=^|[/_-])[a-z]/g, (letter) => letter.toUpperCase());
}

/** A name of the time zone database, in its spelling: a cluster looks for a file of that name. */
export const timeZone = validText((text) => {
  const message = "must be a time zone such as Europe/Lisbon or Etc/UTC";
  // "Local" is a word of Go's, and an offset none of the database's.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(text) || text === "Local") return message;
  const spelled = spelledZone(text);
  if (spelled === text) return undefined;
  if (spelled === undefined) return message;
  return {
    message: "is spelled otherwise in the time zone database, by which a cluster reads it",
    write: spelled,
  };
}, /^[A-Za-z][A-Za-z0-9_+/-]*$/);
