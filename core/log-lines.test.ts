import { expect, test } from "vitest";
import { asLine, logWords } from "./log-lines.ts";

test.each([
  [
    "a known secret, wherever it stands",
    "logged in as admin/short9 at mongo",
    ["short9"],
    "logged in as admin/… at mongo",
  ],
  ["the longer of two that begin alike", "is abcdef", ["abcd", "abcdef"], "is …"],
  ["as an address and a header write it", "is p%2Fss or cC9zcw==", ["p/ss"], "is … or …"],
  ["a password that is named", "PASSWORD=hunter2 port=5432", [], "PASSWORD=… port=5432"],
  ["one of several words", "password: correct horse, battery port=1", [], "password: … port=1"],
  ["what looks generated", "key 0f8fad5bd9cb469fa16570867728950e loaded", [], "key … loaded"],
  [
    "a digest as a header",
    'Authorization: Digest username="eve", response="hunter2"',
    [],
    "Authorization: …",
  ],
  [
    "a JSON web token",
    "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    [],
    "got …",
  ],
  ["what is beside the message of JSON", '{"level":"info","msg":"signed up","x":"hunter2"}', [], "signed up"],
  [
    "the message of an error in JSON",
    '{"error":{"message":"no route, token=hunter2"}}',
    [],
    "no route, token=…",
  ],
  ["JSON without a message", '{"token": "hunter2", "user": "eve"}', [], ""],
  ["a line that is one word", "hunter2", [], ""],
])("%s is not shown", (_what, line, secrets: string[], expected) => {
  expect(logWords(line, secrets)).toBe(expected);
});

test.each([
  "dial smtp://mailer:hunter2@mail:25: refused",
  "mongodb://root:hunter2@outside/db unreachable",
  "amqps://a:hun@hunter2@outside/db unreachable",
  "https://hunter2@github.com/x is not there",
  "https:\\/\\/eve:hunter2@github.com/x is not there",
  "opening root:hunter2@tcp(db:3306)/shop failed",
  '{"level":"info","msg":"{\\"user\\":\\"a\\",\\"password\\":\\"hunter2\\"}"}',
  '{"level":"info","msg":"sent {\\"user\\":\\"a\\",\\"password\\":\\"a\\\\\\"hunter2\\"}"}',
  'sent {\\"user\\":\\"a\\",\\"password\\":\\"hunter2\\"} to auth',
  'sent {\\\\"passwd\\\\": \\\\"hunter2\\\\"}',
  'cut off {"client_secret": "hunter2 and',
  '{"credentials": {"user": "eve", "value": "hunter2"}, cut off',
  "exec: tool --password hunter2",
  "exec: tool --db-password='hunter2 x' up",
  'exec: tool --api-key "x hunter2" up',
  "exec: curl -u eve:hunter2 http://auth",
  "secret_key: hunter2",
  "SECRET_KEY_BASE=hunter2",
  "AccountKey=hunter2;EndpointSuffix=x y",
  "Host=postgres;Password=hunter2;Database=x is wrong",
  "Authorization: Token hunter2",
  "authorization=[Bearer hunter2] is refused",
  "proxy-authorization => Basic hunter2",
  "Set-Cookie: a=b; sid=hunter2",
  "X-Auth-Token: hunter2",
  "the bearer hunter2 is refused",
  "GET /reset?token=hunter2 200",
  "GET /login?next=/&password%3Dhunter2 200",
  "password is hunter2",
  "requirepass hunter2",
  "> AUTH hunter2",
  "ALTER ROLE eve WITH PASSWORD 'hunter2'",
  "CREATE USER eve IDENTIFIED BY 'hunter2'",
  "password for user eve: hunter2",
  "config {password: 'hunter2'}",
  "map[password:hunter2 user:eve]",
  "password := hunter2",
  "pushed with ghp_hunter2 in hand",
])("the secret in %s is not shown", (line) => {
  expect(logWords(line)).not.toContain("hunter2");
});

test.each([
  "2026-11-28 12:00:01.123 UTC [1] LOG:  database system is ready to accept connections on port 5432",
  'FATAL: password authentication failed for user "eve"',
  "auth-service: listening on 4000, mail to ana@example.org",
  "waiting for http://kafka:9092/ to answer",
  "there is no backup core/20261128T120000Z.dump in /var/lib/postgresql/17/data/base",
])("what people say stays: %s", (line) => {
  expect(logWords(line, ["", "a"])).toBe(line);
});

test("a line is shown as far as there is use in it", () => {
  expect(logWords("word ".repeat(5_000))).toHaveLength(301);
});

test("nothing in a log gives a terminal orders", () => {
  expect(asLine("\x1b[2J\x1b]0;title\x07\x1b[31mred\x1b[0m\r\nnext\tcolumn\x00\u202e")).toBe(
    "red next column",
  );
});
