import { afterAll, describe, expect } from "vitest";
import { imageReference } from "../../config/catalogue.ts";
import { kubernetesSettings } from "../settings.ts";
import { ClusterDayTwo } from "./day-two/stack.ts";

const minutes = 60_000;

// The tests of this file tell one story and depend on one another's order.
describe("backups of a stack of a cluster", { timeout: 10 * minutes }, () => {
  const stack = new ClusterDayTwo("backups", { stores: ["postgres"] });
  const note = () => stack.sql("notes", "SELECT text FROM kept");
  const restore = () => stack.beat("restore", "--store", "postgres", "--database", "notes", "--yes");
  /** Runs a script in a pod of its own that has the claim of the backups. @returns what it wrote. */
  const amongBackups = async (script: string): Promise<string> => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "hand", namespace: stack.namespace },
      spec: {
        restartPolicy: "Never",
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 999,
          fsGroup: 999,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name: "hand",
            image: imageReference("postgres", kubernetesSettings({}).images),
            imagePullPolicy: "IfNotPresent",
            command: ["bash", "-ec", script],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            volumeMounts: [{ name: "backups", mountPath: "/backups" }],
          },
        ],
        volumes: [{ name: "backups", persistentVolumeClaim: { claimName: "backups" } }],
      },
    };
    await stack.apply(pod);
    try {
      await stack.kubectl("wait", "pod/hand", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=120s");
      return await stack.kubectl("logs", "hand");
    } finally {
      await stack.kubectl("delete", "pod", "hand", "--wait=true");
    }
  };

  afterAll(() => stack.remove(), 5 * minutes);

  stack.story("a backup is made, and a drill restores it", async () => {
    await stack.load("postgres");
    await stack.up();
    await stack.sql("notes", "SET ROLE notes_service; CREATE TABLE kept AS SELECT 'written' AS text");
    const saved = await stack.beat("backup", "--store", "postgres");
    expect(saved.code, saved.said).toBe(0);
    const drill = await stack.beat("backup", "verify", "--store", "postgres");
    expect(drill.code, drill.said).toBe(0);
  });

  stack.story("a dump that was cut short is noticed by a drill, and refused by a restore", async () => {
    await amongBackups(
      "shopt -s nullglob; for dump in /backups/postgres/notes/*.dump; do truncate -s -20 $dump; echo cut $dump; done",
    );
    const drill = await stack.beat("backup", "verify", "--store", "postgres");
    expect(drill.code, drill.said).toBe(1);
    expect(drill.said).toMatch(/notes.*(damaged|checksum)/);
    const status = await stack.beat("status");
    expect(status.code, status.said).toBe(1);
    const restored = await restore();
    expect(restored.code, restored.said).not.toBe(0);
    expect(await note()).toBe("written");
  });

  stack.story("another backup puts it right, and brings back what was dropped", async () => {
    expect((await stack.beat("backup", "--store", "postgres")).code).toBe(0);
    const drill = await stack.beat("backup", "verify", "--store", "postgres");
    expect(drill.code, drill.said).toBe(0);
    await stack.sql("notes", "DROP TABLE kept");
    const restored = await restore();
    expect(restored.code, restored.said).toBe(0);
    expect(await note()).toBe("written");
    const status = await stack.beat("status");
    expect(status.code, status.said).toBe(0);
  });
});
