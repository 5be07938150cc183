import { expect, test } from "vitest";
import { defined, plain } from "../../config/define/test-definition.ts";
import { dockerSettings, kubernetesSettings } from "../../test/settings.ts";
import { workloadsOf } from "./plan.ts";

const platform = defined({
  notes: {
    ...plain,
    needs: { postgres: { database: "notes" }, volumes: [{ name: "files", path: "/data" }] },
  },
});
const printing = ["provisioner", "retirement", "backup"];

test.each([
  [
    "an engine",
    workloadsOf(platform, {
      kind: "engine",
      settings: dockerSettings({ "platform:backups": "{}" }),
      stack: "shop",
      id: "p",
      waitsForExit: false,
    }),
  ],
  [
    "a cluster",
    workloadsOf(platform, {
      kind: "cluster",
      settings: kubernetesSettings(),
      stack: "shop",
      id: "p",
      memberHost: (name) => name,
    }),
  ],
])("what prints commands on %s knows whose it is", (_where, workloads) => {
  const found = workloads.filter(({ role }) => printing.includes(role));
  expect(found.length).toBeGreaterThan(1);
  for (const { name, env } of found) expect([name, env.BEAT_STACK?.render(() => "")]).toEqual([name, "shop"]);
});
