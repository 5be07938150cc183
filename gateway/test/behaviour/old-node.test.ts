import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { refusedStart } from "../support/refused-start.ts";

const hook = fileURLToPath(new URL("../support/old-node.mjs", import.meta.url));
const core = { name: "core", host: "core", port: 3000, prefix: "/core", strip_prefix: true, skip_prefix: [] };

// Such a Node hands every Upgrade over as a tunnel, whatever the route says.
test.each(["v22.12.0", "v22.20.0", "v24.0.0", "v24.8.0", "v23.11.1", "v20.19.0"])(
  "must: Node %s, which cannot be told which Upgrades to take, is refused at the start, not served with",
  async (version) => {
    const { code, stderr } = await refusedStart({
      routes: [core],
      env: { NODE_OPTIONS: `--import ${hook}`, OLD_NODE_VERSION: version },
    });
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(/22\.21/);
    expect(stderr).not.toMatch(/^\s+at /m);
  },
);

test.runIf(process.env.OLD_NODE !== undefined)(
  "must: the same of a Node that is in truth so old (needs OLD_NODE, the path of one)",
  async () => {
    const before = process.env.GATEWAY_NODE;
    process.env.GATEWAY_NODE = process.env.OLD_NODE;
    try {
      const { code, stderr } = await refusedStart({ routes: [core] });
      expect(code).toBeGreaterThan(0);
      expect(stderr).toMatch(/22\.21/);
    } finally {
      if (before === undefined) delete process.env.GATEWAY_NODE;
      else process.env.GATEWAY_NODE = before;
    }
  },
);
