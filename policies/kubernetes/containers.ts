import { list, type Rule, record, records, type Violation } from "../rule.ts";
import { type Pod, type PodContainer, podsOf } from "./objects.ts";

type Found = Pick<Violation, "message" | "fix"> | undefined | false;

/** A rule over every container of every pod. */
const containerRule = (
  name: string,
  description: string,
  find: (container: PodContainer, pod: Pod) => readonly Found[],
): Rule => ({
  name,
  description,
  check: (resources) =>
    podsOf(resources).flatMap((pod) =>
      pod.containers.flatMap((container) =>
        find(container, pod)
          .filter((found) => found !== undefined && found !== false)
          .map((found) => ({ resource: container.label, ...found })),
      ),
    ),
});

/** Nothing of the node is in reach of a pod. */
export const noHostAccess: Rule = {
  name: "no-host-access",
  description: "Pods are not privileged and use no path, port or namespace of their node.",
  check: (resources) =>
    podsOf(resources).flatMap(({ resource, spec, containers }): Violation[] => [
      ...["hostNetwork", "hostPID", "hostIPC"]
        .filter((field) => spec[field] === true)
        .map((field) => ({ resource, message: `uses ${field}`, fix: `remove spec.${field}` })),
      ...records(spec.volumes)
        .filter(({ hostPath }) => hostPath !== undefined)
        .map(({ name }) => ({
          resource,
          message: `volume ${String(name)} is a path of the node`,
          fix: "use a PersistentVolumeClaim or an emptyDir",
        })),
      ...containers.flatMap(({ label, fields }) => [
        ...(record(fields.securityContext).privileged === true
          ? [{ resource: label, message: "is privileged", fix: "remove securityContext.privileged" }]
          : []),
        ...records(fields.ports)
          .filter(({ hostPort }) => hostPort !== undefined && hostPort !== 0)
          .map(({ hostPort }) => ({
            resource: label,
            message: `takes port ${String(hostPort)} of its node`,
            fix: "publish it by a Service",
          })),
      ]),
    ]),
};

/** Pod Security Standards, profile "restricted", and a read-only root file system beyond it. */
export const restrictedContainers = containerRule(
  "restricted-containers",
  "Containers keep to the restricted Pod Security profile, with a read-only root where they are no store.",
  ({ fields }, { spec, kind }) => {
    const own = record(fields.securityContext);
    const pod = record(spec.securityContext);
    const capabilities = record(own.capabilities);
    const seccomp = record(own.seccompProfile ?? pod.seccompProfile).type;
    const needs = (ok: boolean, message: string, fix: string): Found => !ok && { message, fix };
    return [
      needs((own.runAsNonRoot ?? pod.runAsNonRoot) === true, "may run as root", "runAsNonRoot: true"),
      needs(
        (own.runAsUser ?? pod.runAsUser) !== 0,
        "runs as user 0",
        "name another user in securityContext.runAsUser",
      ),
      needs(
        own.allowPrivilegeEscalation === false,
        "may gain privileges",
        "securityContext.allowPrivilegeEscalation: false",
      ),
      needs(
        list(capabilities.drop).includes("ALL"),
        "keeps Linux capabilities",
        "securityContext.capabilities.drop: [ALL]",
      ),
      needs(
        list(capabilities.add).every((added) => added === "NET_BIND_SERVICE"),
        `adds capabilities (${list(capabilities.add).join(", ")})`,
        "add none but NET_BIND_SERVICE",
      ),
      needs(
        seccomp === "RuntimeDefault" || seccomp === "Localhost",
        "has no seccomp profile",
        "seccompProfile.type: RuntimeDefault",
      ),
      needs(
        kind === "StatefulSet" || own.readOnlyRootFilesystem === true,
        "can write to its root file system",
        "readOnlyRootFilesystem: true, and an emptyDir where it must write",
      ),
    ];
  },
);

/** What a scheduler and the kernel need to know. */
export const boundedResources = containerRule(
  "bounded-resources",
  "Containers request CPU and memory and have a memory limit.",
  ({ fields }) => {
    const { requests, limits } = record(fields.resources);
    const lacks = (where: string, of: unknown, what: string): Found =>
      record(of)[what] === undefined && {
        message: `has no ${what} ${where}`,
        fix: `set resources.${where}s.${what}`,
      };
    return [
      lacks("request", requests, "cpu"),
      lacks("request", requests, "memory"),
      lacks("limit", limits, "memory"),
    ];
  },
);

/** Without probes Kubernetes takes a hung process for a healthy one and sends it requests. */
export const probed = containerRule(
  "probed",
  "Long-running containers have a liveness and a readiness probe.",
  ({ fields, init }, { longRunning }) =>
    init || !longRunning
      ? []
      : ["livenessProbe", "readinessProbe"].map(
          (probe): Found =>
            Object.keys(record(fields[probe])).length === 0 && {
              message: `has no ${probe}`,
              fix: `give it a ${probe}`,
            },
        ),
);
