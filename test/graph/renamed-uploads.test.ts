import { expect, test } from "vitest";
import { defined, plain } from "../../config/define/test-definition.ts";
import { deployToCluster } from "../../stacks/kubernetes.ts";
import { projectRoot } from "../../stacks/program.ts";
import { kubernetesSettings } from "../settings.ts";
import { type Json, objects } from "./kubernetes-graph.ts";
import { register } from "./mocks.ts";

/** A service that was called otherwise for a while: its backups lie where they did at first. */
const platform = defined({
  "notes-service": {
    ...plain,
    renamedFrom: ["memos-service"],
    needs: { volumes: [{ name: "pictures", path: "/data" }] },
  },
});
const claim = "backups-notes-service";
const state = [
  {
    urn: `urn:pulumi:prod::beat::kubernetes:core/v1:PersistentVolumeClaim::${claim}`,
    type: "kubernetes:core/v1:PersistentVolumeClaim",
    outputs: { metadata: { name: claim } },
  },
];
const settings = kubernetesSettings({ "platform:source": "sample" });
const graph = await register("prod", {}, () =>
  deployToCluster({ platform, settings, stack: "prod", root: projectRoot, state }),
);

test("the claim of backups that is there is mounted, and no other made beside it", () => {
  const claims = [...objects(graph, "PersistentVolumeClaim").keys()];
  expect(claims.filter((name) => name.startsWith("backups-"))).toEqual([claim]);
  const pod: Json = objects(graph, "CronJob").get("backup-notes-service").spec.jobTemplate.spec.template.spec;
  expect(pod.volumes).toContainEqual({ name: "backups", persistentVolumeClaim: { claimName: claim } });
});
