import { type Mutant, never, of } from "./mutant.ts";

/** Mutants of reading the routing table and the settings. */
export const table: readonly Mutant[] = [
  ...of("routing/parse.ts", [
    [
      "misspelt words of a route pass",
      "parseRoute(strict(entry, at, routeKeys), at, original)",
      "parseRoute(entry, at, original)",
      "unit:routing/parse",
    ],
    [
      "two routes of one prefix",
      "if (seen.has(route[key]))",
      `if (${never} && seen.has(route[key]))`,
      "unit:routing/parse",
    ],
    [
      "a table without routes",
      'if (entries.length === 0) fail("services", services, "declare at least one service");',
      "",
      "unit:routing/parse",
    ],
    [
      "an original has no WebSocket",
      "entry.websocket === undefined ? original :",
      "entry.websocket === undefined ? false :",
      "unit:routing/parse",
    ],
    [
      "every list has WebSocket",
      "entry.websocket === undefined ? original :",
      "entry.websocket === undefined ? true :",
      "unit:routing/parse",
    ],
    [
      "skip_prefix_for is not known",
      "entry.skip_prefix ?? entry.skip_prefix_for ?? []",
      "entry.skip_prefix ?? []",
      "unit:routing/parse",
    ],
    [
      "denied paths are lost",
      "deny: list(entry.deny ?? [], `${at}.deny`)",
      "deny: list([], `${at}.deny`)",
      "deny",
    ],
    [
      "a health path is lost",
      "{ path: path(found.path, `${at}.path`) };",
      "{ tcp: true };",
      "unit:routing/parse own-paths",
    ],
    [
      "a route's limit of bodies is lost",
      "...(entry.max_body_bytes !== undefined && {",
      `...(${never} && {`,
      "unit:routing/parse",
    ],
  ]),
  ...of("routing/policies.ts", [
    [
      "a route's CORS rules are lost",
      "...(entry.cors !== undefined && { cors",
      `...(${never} && { cors`,
      "unit:routing/parse",
    ],
    [
      "a route's rate is lost",
      "...(entry.rate_limit !== undefined && { rate_limit",
      `...(${never} && { rate_limit`,
      "unit:routing/parse",
    ],
    [
      "time to wait without a queue",
      "if (queue_ms !== undefined && (queue === undefined || queue === 0))",
      `if (${never})`,
      "unit:routing/parse",
    ],
    [
      "one client may have more than all",
      "if (found.max !== undefined && found.per_client !== undefined && found.per_client > found.max)",
      `if (${never})`,
      "unit:routing/parse",
    ],
    [
      "a limit that limits nothing",
      "if (per_client === undefined && total === undefined)\n    fail",
      `if (${never})\n    fail`,
      "unit:routing/parse",
    ],
    [
      "credentials for every page on the web",
      "if (every && credentials)",
      `if (${never})`,
      "unit:routing/parse",
    ],
    [
      "any text is an origin",
      "return shape.test(value) && ",
      "return shape.test(value) || ",
      "unit:routing/parse",
    ],
    [
      "any text is a method",
      'typeof value === "string" && /^[A-Za-z0-9!#$%&\'*+.^_`|~-]{1,100}$/.test(value)',
      'typeof value === "string"',
      "unit:routing/parse",
    ],
  ]),
  ...of("routing/validate.ts", [
    ["misspelt words pass", "    if (!keys.includes(key))\n", `    if (${never})\n`, "unit:routing/parse"],
    ["dots in a path of the table", " && !/\\/\\.\\.?(\\/|$)/.test(value)", "", "unit:routing/parse"],
    [
      "a route takes the gateway's own paths",
      'if (single === "/_gateway" || single.startsWith("/_gateway/"))',
      `if (${never})`,
      "route-table unit:routing/parse",
    ],
    [
      "a prefix may begin with two slashes",
      "if (single !== given)",
      `if (${never})`,
      "route-table unit:routing/parse",
    ],
    [
      "slashes at the end of a prefix stay",
      'while (end > 1 && given[end - 1] === "/") end--;',
      "",
      "unit:routing/parse",
    ],
    [
      "numbers of any size",
      "Number.isInteger(value) && value >= least && value <= most",
      "Number.isInteger(value)",
      "unit:routing/parse",
    ],
  ]),
  ...of("routing/host.ts", [
    [
      "what looks like an address is a name",
      " && !labels.every((each) => number.test(each))",
      "",
      "unit:routing/host",
    ],
    [
      "an IPv6 address keeps its brackets",
      'return value.replace(/^\\[(.*)\\]$/, "$1");',
      "return value;",
      "unit:routing/host",
    ],
    ["a name of any length", "if (name.length > 253) return false;", "", "unit:routing/host"],
    ["any text is a host", "labels.every((each) => label.test(each)) &&", "", "unit:routing/host"],
  ]),
  ...of("settings.ts", [
    [
      "an empty value is the default",
      'if (value.trim() === "") throw',
      `if (${never}) throw`,
      "process:start unit:settings",
    ],
    [
      "numbers are not looked at",
      "if (!/^\\d+$/.test(value) || number < least || number > most)",
      `if (${never})`,
      "process:start",
    ],
    ["misspelt settings pass", "  if (unknown !== undefined)\n", `  if (${never})\n`, "unit:settings"],
    [
      "a setting has another variable's value",
      'whole("GATEWAY_LINGER_MS", 5_000)',
      'whole("GATEWAY_LINGER_MAX_MS", 5_000)',
      "unit:settings",
    ],
    ["a URL with a user for spans", ' || url.username !== "")', ")", "process:start unit:settings"],
    ["spans go to another path", "/v1/traces`;", "/`;", "unit:settings"],
    [
      "a network of proxies is one address",
      "else list.addSubnet(address, Number(bits), family);",
      "else list.addAddress(address, family);",
      "unit:settings",
    ],
    [
      "nobody is trusted",
      'return (address) => list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");',
      "return () => false;",
      "client-address",
    ],
    ["the access log cannot be turned off", 'return value === "on";', "return true;", "unit:settings"],
    ["auto is one worker", "? availableParallelism()", "? 1", "unit:settings"],
  ]),
  ...of("variables.ts", [
    [
      "what Kubernetes says is a setting",
      "return value !== undefined && isLink(name, value) ? undefined : value;",
      "return value;",
      "unit:settings",
    ],
    [
      "what Kubernetes says is misspelt",
      " && value !== undefined && !isLink(name, value))",
      ")",
      "unit:settings",
    ],
    ["no misspelt setting is found", "if (name.startsWith(prefix) &&", `if (${never} &&`, "unit:settings"],
    ["the name that is proposed is any", "far(each) < far(best) ? each : best", "best", "unit:settings"],
  ]),
];
