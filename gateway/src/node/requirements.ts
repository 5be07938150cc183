import http from "node:http";

/**
 * Why the gateway cannot run on this Node; undefined when it can. Asked of the feature, not of the version: where the
 * option is not known, Node ignores it, and hands over every Upgrade instead of those that the gateway takes.
 */
export function nodeProblem(): string | undefined {
  const asked = () => false;
  const server = http.createServer({ shouldUpgradeCallback: asked });
  // A Node that knows the option keeps it as a property.
  if ((server as { shouldUpgradeCallback?: unknown }).shouldUpgradeCallback === asked) return undefined;
  return `Node ${process.version} hands every Upgrade to the gateway unasked: use Node.js 22.21, 24.9 or newer`;
}
