import { expect, test } from "vitest";
import { withoutLogins } from "./logins.ts";

test.each([
  ["https://user:token@git.example/a.git", "https://…@git.example/a.git"],
  [
    "fatal: unable to access 'https://token@git.example:8443/a/': 403",
    "fatal: unable to access 'https://…@git.example:8443/a/': 403",
  ],
  ["http://a:p@ss@proxy.example:3128 and ssh://a:b@host/b", "http://…@proxy.example:3128 and ssh://…@host/b"],
  ["tcp://a:b@engine:2376, ssh://root@engine", "tcp://…@engine:2376, ssh://root@engine"],
  ["https://git.example/a@b", "https://git.example/a@b"],
  ["git@host:a/b.git", "git@host:a/b.git"],
  ['(found "user:token@registry.example.org")', '(found "…@registry.example.org")'],
  ["https//ci:token@git.example/a", "https//…@git.example/a"],
  ["https:/ci:token@git.example/a", "https:/…@git.example/a"],
  ["fatal: https://ci:to/ken@git.example/a: 403", "fatal: https://…@git.example/a: 403"],
  ["https://git.example:8443/a@b", "https://git.example:8443/a@b"],
  ["registry:5000/a@b, registry:5000/a:1@sha256:0a", "registry:5000/a@b, registry:5000/a:1@sha256:0a"],
  ["DOCKER_HOST=user:p%40ss@engine:2376", "DOCKER_HOST=…@engine:2376"],
  [
    "postgres:17@sha256:0a1b, of ana@host, to: me@example.org",
    "postgres:17@sha256:0a1b, of ana@host, to: me@example.org",
  ],
])("%s is told as %s", (text, told) => expect(withoutLogins(text)).toBe(told));
