import type { StateResource } from "./stack-state.ts";

const claimType = "kubernetes:core/v1:PersistentVolumeClaim";
const namespaceType = "kubernetes:core/v1:Namespace";

const goes = ({ retainOnDelete, protect }: StateResource): boolean =>
  retainOnDelete !== true && protect !== true;
const oursOf = (resources: readonly StateResource[]): StateResource[] =>
  resources.filter(({ external }) => external !== true);

/** Whether the namespace goes when the stack is taken down, and everything with it that lies there. */
export const namespaceGoes = (resources: readonly StateResource[]): boolean =>
  oursOf(resources).some((resource) => resource.type === namespaceType && goes(resource));

/**
 * The claims that go with their data when the stack is taken down: those that the state neither protects nor lets stay,
 * and all of them where the namespace goes. The state says it, not the settings: they may have changed since `up`.
 */
export function deletedClaims(resources: readonly StateResource[]): string[] {
  const all = namespaceGoes(resources);
  return oursOf(resources)
    .filter((resource) => resource.type === claimType && (all || goes(resource)))
    .map(({ urn }) => urn.split("::").pop() ?? urn)
    .sort();
}
