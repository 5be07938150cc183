import { expect } from "vitest";
import { serviceChanges as changes } from "../../../docs/day-two.ts";
import type { DayTwoStack } from "./stack.ts";

/** What a target has of its own. */
export interface OwnSteps {
  /** Before the first `up`. */
  readonly before: () => Promise<void>;
  /** Once the service is taken out. @param said by `up`. */
  readonly onRemoved: (said: string) => Promise<void>;
}

/** The rows of a service and what is its own: one story, whose parts depend on one another's order. */
export function serviceStories(stack: DayTwoStack, { before, onRemoved }: OwnSteps): void {
  const note = () => stack.sql("notes", "SELECT text FROM kept");
  const owner = () => stack.sql("notes", "SELECT tableowner FROM pg_tables WHERE tablename = 'kept'");
  const file = (service = "notes-service") => stack.inside(service, "cat", "/app/public/note");

  stack.story("it has data", async () => {
    await before();
    await stack.up();
    await stack.sql("notes", "SET ROLE notes_service; CREATE TABLE kept AS SELECT 'written' AS text");
    await stack.inside("notes-service", "sh", "-c", "echo in a file > /app/public/note");
    expect([await note(), await owner(), await file()]).toEqual(["written", "notes_service", "in a file"]);
  });

  stack.story(changes.serviceRemoved.what, async () => {
    const said = await stack.change(changes.serviceRemoved, { notes: false });
    expect([await note(), await owner()]).toEqual(["written", "notes_service"]);
    await onRemoved(said);
  });

  stack.story(changes.serviceAdded.what, async () => {
    await stack.change(changes.serviceAdded, {});
    expect([await note(), await owner(), await file()]).toEqual(["written", "notes_service", "in a file"]);
  });

  stack.story(changes.serviceRenamed.what, async () => {
    await stack.refuse(changes.serviceRenamed, { notes: { name: "memos-service" } });
    expect([await note(), await owner()]).toEqual(["written", "notes_service"]);
    await stack.back();
    expect([await note(), await owner(), await file()]).toEqual(["written", "notes_service", "in a file"]);
  });

  stack.story(changes.serviceRenamedFrom.what, async () => {
    await stack.change(changes.serviceRenamedFrom, {
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

  stack.story(changes.databaseRenamed.what, async () => {
    await stack.refuse(changes.databaseRenamed, { notes: { database: "memos" } });
    expect(await note()).toBe("written");
    await stack.back();
    expect([await note(), await owner(), await file()]).toEqual(["written", "notes_service", "in a file"]);
  });

  stack.story(changes.databaseRenamedFrom.what, async () => {
    await stack.change(changes.databaseRenamedFrom, {
      notes: { database: "memos", formerDatabases: ["notes"] },
    });
    expect(await stack.sql("memos", "SELECT to_regclass('kept') IS NOT NULL")).toBe("t");
    await stack.back({ notes: { formerDatabases: ["memos"] } });
    await stack.rest();
    expect([await note(), await owner(), await file()]).toEqual(["written", "notes_service", "in a file"]);
  });
}
