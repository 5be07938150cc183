import { rendered } from "../cli/render/objects.ts";

/**
 * `node bench/requests.ts [platform:kubernetes as JSON]`: what prod asks of a cluster with these settings: objects, pods,
 * CPU, memory and volumes, from the objects that `pulumi up` sends.
 */
const [settings = "{}"] = process.argv.slice(2);
const objects = await rendered({
  stack: "prod",
  config: { "platform:target": "kubernetes", "platform:kubernetes": settings },
  showSecrets: false,
});

interface Container {
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: { readonly cpu?: string; readonly memory?: string } };
}
interface Spec {
  readonly replicas?: number;
  readonly template: {
    readonly spec: { readonly containers: Container[]; readonly initContainers?: Container[] };
  };
  readonly resources?: { readonly requests: { readonly storage: string } };
}
const millicores = (text = "0"): number =>
  text.endsWith("m") ? Number.parseFloat(text) : 1000 * Number(text);
const mebibytes = (text = "0"): number => Number.parseFloat(text) * (text.endsWith("Gi") ? 1024 : 1);

const all = { pods: 0, cpu: 0, memory: 0, storage: 0 };
for (const { kind, spec } of objects as unknown as readonly {
  readonly kind: string;
  readonly spec: Spec;
}[]) {
  if (kind === "PersistentVolumeClaim") all.storage += mebibytes(spec.resources?.requests.storage);
  if (kind !== "Deployment" && kind !== "StatefulSet") continue;
  const { containers, initContainers = [] } = spec.template.spec;
  // Sidecars run beside the others; what runs before them needs less than they do.
  const running = [
    ...containers,
    ...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always"),
  ];
  const replicas = spec.replicas ?? 1;
  all.pods += replicas;
  for (const { resources } of running) {
    all.cpu += replicas * millicores(resources?.requests?.cpu);
    all.memory += replicas * mebibytes(resources?.requests?.memory);
  }
}
console.log(
  `${objects.length} objects; ${all.pods} pods ask for ${(all.cpu / 1000).toFixed(2)} CPU and ${(all.memory / 1024).toFixed(1)} GiB of memory, their claims for ${(all.storage / 1024).toFixed(0)} GiB`,
);
