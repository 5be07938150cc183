import { describe, expect, test } from "vitest";
import { compileDeny } from "./deny.ts";

const denies = compileDeny(["/admin", "/api/v1/groups/permissions"]);

describe("a denied path is seen in every spelling", () => {
  test.each([
    "/admin",
    "/admin/",
    "/admin/users",
    "//admin",
    "/ADMIN/x",
    "/%61dmin",
    "/%41DMIN",
    "/adm%69n/x",
    "/admin;x",
    "/admin;x=/users",
    "/admin%3bx",
    "/admin%3Bx/users",
    "/;/admin",
    "/;x/;y/admin",
    "/%2fadmin",
    "/%2Fadmin%2Fusers",
    // An escape that is no UTF-8, or none at all, hides nothing.
    "/%61dmin/%ff",
    "/%61dmin;%ff",
    "/%61dmin%ff",
    "/%ffadmin/x",
    "/ad%e9%80min",
    "/%ff/admin",
    "/ad\xffmin",
    "/%ff;x/%2f/admin",
    // One character in more bytes than it needs: a, / and a again.
    "/%c1%a1dmin",
    "/x%c0%afadmin",
    "/%e0%81%a1dmin",
    "/%f0%80%81%a1dmin",
    "/%61dmin/%zz",
    "/%61dmin/%",
    "/%61dmin/%e",
    "/api/v1/groups/permissions",
    "/api//v1/groups;a;b/permissions;c/1",
    "/api/v1/groups%2fpermissions",
    // Parameters are taken off first, or escapes are decoded first: either way.
    "/api/v1;x%2fy/groups/permissions",
    "/api/v1%3bx%2fy/groups/permissions",
    "/api/v1;x%2fgroups/permissions",
    "/api/v1;x%2fgroups%2fpermissions",
    "/api/v1;x%2fy%2fgroups/permissions",
    "/api/v1;x%2fy;z%2fgroups%3b%2fpermissions",
  ])("%s", (path) => expect(denies(path)).toBe(true));
});

describe("no other path is", () => {
  test.each([
    "/",
    "/adminx",
    "/xadmin",
    "/admi",
    "/x/admin",
    "/admin%c3%a9",
    "/admin\xc3\xa9",
    "/%c3%a9/admin",
    "/x/%ff",
    "/caf%e9/menu",
    "/%c0/x",
    "/admin%20",
    // Only what one decoding makes of it.
    "/%2561dmin",
    "/%6",
    "/%",
    "/x;/admin",
    "/x;%2fadmin",
    "/;admin",
    "/api/v1/groups",
    "/api/v1/groups/permission",
    "/api/v1/x/groups/permissions",
    "/api/v1;x/y/groups/permissions",
    "/groups/permissions",
  ])("%s", (path) => expect(denies(path)).toBe(false));
});

test("the root denies everything, nothing denies nothing, and a slash too many in the table does no harm", () => {
  expect(compileDeny(["/"])("/x")).toBe(true);
  expect(compileDeny([])("/x")).toBe(false);
  expect(compileDeny(["//Admin//users/"])("/admin/users/1")).toBe(true);
  expect(compileDeny(["//Admin//users/"])("/admin")).toBe(false);
});
