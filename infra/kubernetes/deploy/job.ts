import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Workload } from "../../../core/workload.ts";
import type { ClusterTarget } from "./cluster.ts";
import { containerOf, variables } from "./container.ts";
import { mountFiles } from "./files.ts";
import { awaitedMetadata, deadlineOf, podOf, podTemplate } from "./pod.ts";
import type { SetParts } from "./stateful-set.ts";

/**
 * A workload that ends by itself. When its files or its image change there is a new job, which runs, and `up` waits until
 * it has succeeded.
 */
export function job(
  target: ClusterTarget,
  workload: Workload,
  { secrets, after, annotations }: SetParts,
  parent: pulumi.Resource,
): k8s.batch.v1.Job {
  const { name, image } = workload;
  const files = mountFiles(target, workload, secrets, parent);
  return new k8s.batch.v1.Job(
    name,
    {
      metadata: awaitedMetadata(target, workload),
      spec: {
        // No ttlSecondsAfterFinished: one that was cleared away would be missed by `pulumi refresh`, and run again.
        // The program waits for its store by itself; what fails twice will fail again. Pulumi ends with the job only for
        // this limit and for the deadline, not for a rule that fails it.
        backoffLimit: 1,
        activeDeadlineSeconds: deadlineOf(workload) - 20,
        podFailurePolicy: {
          // A node that is drained says nothing about the program.
          rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
        },
        template: podTemplate(target, {
          ...podOf(workload),
          annotations: { ...workload.placement?.annotations, ...annotations },
          restartPolicy: "Never",
          volumes: files.volumes,
          containers: [
            containerOf(target, workload, {
              name: "program" in image ? image.program : name,
              env: variables(target, workload.env),
              mounts: files.mounts,
            }),
          ],
        }),
      },
    },
    {
      parent,
      dependsOn: [...target.ready, ...files.resources, ...after],
      // Longer than the job itself may take: the reason for its end is then the job's own.
      customTimeouts: { create: `${deadlineOf(workload) + 60}s` },
    },
  );
}
