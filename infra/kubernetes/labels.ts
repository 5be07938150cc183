import type { PlatformModel } from "../../config/define/model.ts";
import type { KubernetesSettings } from "../../config/settings/schema.ts";
import { stackName } from "../../core/names.ts";

/** Whose objects are labelled. */
interface Owner {
  readonly platform: PlatformModel;
  readonly stack: string;
}

/** Label that names a pod's part in the platform; network policies select by it. */
export const componentLabel = "app.kubernetes.io/component";

/** Annotation of a job of `./beat backup` that does less than its CronJob: the containers it is made of. */
export const stepsAnnotation = "beat-ecoprove.org/steps";

/** Annotation of a job of `./beat restore`: `<store>/<database>`. */
export const restoresAnnotation = "beat-ecoprove.org/restores";

/** The namespace of a stack. */
export const namespaceOf = (platform: PlatformModel, settings: KubernetesSettings, stack: string): string =>
  settings.kubernetes.namespace ?? stackName(platform.name, stack);

/** The recommended labels. Source: Kubernetes, "Recommended Labels". */
export const labelsOf = ({ platform, stack }: Owner, component: string) => ({
  "app.kubernetes.io/part-of": platform.name,
  "app.kubernetes.io/instance": stackName(platform.name, stack),
  "app.kubernetes.io/managed-by": "pulumi",
  [componentLabel]: component,
});

/** What selects a component's pods; a subset of {@link labelsOf} that never changes. */
export const selectorOf = ({ platform, stack }: Owner, component: string) => ({
  "app.kubernetes.io/instance": stackName(platform.name, stack),
  [componentLabel]: component,
});
