import { afterAll, describe, expect } from "vitest";
import { serviceChanges as changes, onCluster } from "../../docs/day-two.ts";
import { ClusterDayTwo } from "./day-two/stack.ts";

const minutes = 60_000;

// The tests of this file tell one story and depend on one another's order.
describe("a service that changes on a stack of a cluster", { timeout: 10 * minutes }, () => {
  const stack = new ClusterDayTwo("services", { stores: ["postgres"] });
  const note = () => stack.sql("notes", "SELECT text FROM kept");
  const owner = () => stack.sql("notes", "SELECT tableowner FROM pg_tables WHERE tablename = 'kept'");
  const file = (service = "notes-service") => stack.inside(service, "cat", "/app/public/note");

  afterAll(() => stack.remove(), 5 * minutes);

  stack.story("it has data", async () => {
    await stack.load("postgres");
    await stack.up();
    await stack.sql("notes", "SET ROLE notes_service; CREATE TABLE kept AS SELECT 'written' AS text");
    await stack.inside("notes-service", "sh", "-c", "echo in a file > /app/public/note");
    expect([await note(), await owner(), await file()]).toEqual(["written", "notes_service", "in a file"]);
  });

  stack.story("every part is used as a client uses it", async () => {
    const { code, said } = await stack.beat("verify");
    expect(code, said).toBe(0);
    expect(said).toContain("postgres");
  });

  stack.story(changes.serviceRemoved.what, async () => {
    await stack.change(onCluster(changes.serviceRemoved), { notes: false });
    expect(await stack.volumes()).toEqual([
      "backups",
      "backups-notes-service",
      "data-postgres-0",
      "notes-files",
    ]);
    expect([await note(), await owner()]).toEqual(["written", "notes_service"]);
  });

  stack.story(changes.serviceAdded.what, async () => {
    await stack.change(onCluster(changes.serviceAdded), {});
    expect([await note(), await owner(), await file()]).toEqual(["written", "notes_service", "in a file"]);
  });

  stack.story(changes.serviceRenamed.what, async () => {
    await stack.refuse(changes.serviceRenamed, { notes: { name: "memos-service" } });
    expect([await note(), await owner()]).toEqual(["written", "notes_service"]);
    await stack.back();
    expect([await note(), await owner(), await file()]).toEqual(["written", "notes_service", "in a file"]);
  });

  stack.story(changes.serviceRenamedFrom.what, async () => {
    await stack.change(onCluster(changes.serviceRenamedFrom), {
      notes: { name: "memos-service", renamedFrom: ["notes-service"] },
    });
    expect([await note(), await owner(), await file("memos-service")]).toEqual([
      "written",
      "memos_service",
      "in a file",
    ]);
    await stack.back({ notes: { renamedFrom: ["memos-service"] } });
    expect([await note(), await owner(), await file()]).toEqual(["written", "notes_service", "in a file"]);
  });

  stack.story(changes.databaseRemoved.what, async () => {
    await stack.change(changes.databaseRemoved, { notes: { database: false } });
    expect([await note(), await owner()]).toEqual(["written", "notes_service"]);
    expect((await stack.beat("logs", "provision-postgres")).said).toMatch(
      /database notes.*no service uses it any more, and it stays; to drop it: DROP DATABASE/,
    );
    await stack.back();
    expect([await note(), await owner(), await file()]).toEqual(["written", "notes_service", "in a file"]);
  });
});
