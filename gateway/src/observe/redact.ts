/** Query names whose values let somebody in; messaging takes its token there (contracts P16). */
const secretName =
  /token|authorization|(?:^|[^a-z])auth(?:$|[^a-z])|passw|pwd|secret|code|api[-_.]?key|jwt|signature|session|credential/i;
/** Quick look at a whole query: without one of these there is nothing to take out. */
const suspicious = /token|auth|passw|pwd|secret|code|key|jwt|signature|session|credential|%/i;
const userinfo = /^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*@/i;

/** A query with the values of secret parameters taken out; names may hide behind escapes, once or twice. */
export function redactQuery(query: string): string {
  if (!suspicious.test(query)) return query;
  let out = "";
  let from = 0;
  for (let at = 0; at <= query.length; at++) {
    const char = at === query.length ? 38 : query.charCodeAt(at);
    // Both & and ; part the parameters: upstreams differ.
    if (char !== 38 && char !== 59) continue;
    out += redactPair(query.slice(from, at));
    if (at < query.length) out += query[at];
    from = at + 1;
  }
  return out;
}

function redactPair(pair: string): string {
  const mark = pair.indexOf("=");
  if (mark < 0) {
    // `token%3Dx`: an upstream that decodes first sees a name and a value.
    return pair.includes("%") && /=/.test(decoded(pair)) && secretName.test(decoded(pair))
      ? "REDACTED"
      : pair;
  }
  const name = pair.slice(0, mark);
  if (secretName.test(decoded(name))) return `${name}=REDACTED`;
  const value = decoded(pair.slice(mark + 1));
  // An address within a value can carry a token of its own.
  return value.includes("=") && secretName.test(value) ? `${name}=REDACTED` : pair;
}

/** Escapes taken out twice; what is no escape stays. Never throws, unlike decodeURIComponent. */
function decoded(text: string): string {
  let result = text;
  for (let i = 0; i < 2 && result.includes("%"); i++)
    result = result.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return result;
}

/** A path as it may be logged: an absolute target can hold a user's name and password. */
export function redactPath(path: string): string {
  if (path[0] === "/" && path[1] !== "/") return path;
  return path.includes("@") ? path.replace(userinfo, "$1//REDACTED@") : path;
}
