import type { Exception, Finder } from "./findings.ts";

/** The same decision under the names that two scanners have for it. */
const both = (
  rules: Partial<Record<Finder, string>>,
  objects: Exception["objects"],
  reason: string,
): Exception[] =>
  (Object.entries(rules) as [Finder, string][]).map(([scanner, rule]) => ({
    scanner,
    rule,
    objects,
    reason,
  }));

/**
 * Findings of the field's scanners that stay, and why. Whoever adds one writes down what would break if it were mended, or
 * what does the rule's work here. An entry of which nothing is found any more fails the test, too.
 */
export const exceptions: readonly Exception[] = [
  ...both(
    { checkov: "CKV_K8S_11", "kube-score": "container-resources" },
    "any",
    "a limit of CPU throttles a pod while its node idles, and only adds latency; what each asks for is its share under load",
  ),
  ...both(
    { checkov: "CKV_K8S_15", "kube-score": "container-image-pull-policy" },
    "any",
    "a tag never moves: those of the catalogue are whole versions, the platform's own are hashes of their content, and a stack is warned of floating ones. A registry that is down must not keep a pod from coming back",
  ),
  {
    scanner: "checkov",
    rule: "CKV_K8S_43",
    objects: "any",
    reason:
      "digests differ from one registry's copy to another's; a stack pins them with platform:images, and ./beat images pin writes them",
  },
  ...both(
    { checkov: "CKV_K8S_40", "kube-score": "container-security-context-user-group-id" },
    ["StatefulSet kafka", "StatefulSet mongo", "StatefulSet postgres", "StatefulSet redis"],
    "the user that the image is made for owns the data on its volume; a store does not open what another user wrote",
  ),
  ...both(
    { checkov: "CKV_K8S_40", "kube-score": "container-security-context-user-group-id" },
    ["CronJob backup", "CronJob backup-mongo", "CronJob backup-postgres"],
    "the backups that are there belong to this user, and a volume whose driver changes no owner lets no other one clear them away",
  ),
  ...both(
    { checkov: "CKV_K8S_40", "kube-score": "container-security-context-user-group-id" },
    ["Deployment messaging-service"],
    "the service's image is made for this user; whether its release runs as another one is for its own repository to prove",
  ),
  {
    scanner: "checkov",
    rule: "CKV_K8S_35",
    objects: ["Deployment auth-service", "Deployment core-service", "Deployment messaging-service"],
    reason: "the services read their passwords from variables alone; each has a Secret of its own",
  },
  {
    scanner: "checkov",
    rule: "CKV_K8S_35",
    objects: ["Deployment mongo-exporter"],
    reason:
      "it reads no file: its password, of a login that sees figures and no data, is in a variable or in its arguments",
  },
  {
    scanner: "checkov",
    rule: "CKV_K8S_35",
    objects: ["CronJob backup-core-service", "CronJob backup-mongo", "CronJob backup-postgres"],
    reason:
      "rclone takes a bucket's keys from variables or from a file that it must be able to write; only the step that uploads has them",
  },
  {
    scanner: "kube-score",
    rule: "pod-probes-identical",
    objects: ["Deployment auth-service", "Deployment messaging-service"],
    reason:
      "it compares the sidecar's probes, which have a port and no other question; the service's own two differ",
  },
  {
    scanner: "kube-score",
    rule: "pod-probes-identical",
    objects: ["Deployment gateway"],
    reason:
      "its readiness asks for itself alone: an upstream that is down must not take the gateway out of its Service",
  },
  {
    scanner: "kube-score",
    rule: "deployment-strategy",
    objects: ["Deployment core-service"],
    reason:
      "its volume is mounted by one node alone: a new pod elsewhere would wait for ever for the old one to let go of it",
  },
  ...both(
    { "kube-score": "deployment-has-host-podantiaffinity", "kube-linter": "no-anti-affinity" },
    ["Deployment gateway"],
    "topologySpreadConstraints spread its pods over nodes and zones, and count the new ones of a rollout alone",
  ),
  ...both(
    { "kube-score": "statefulset-has-host-podantiaffinity", "kube-linter": "no-anti-affinity" },
    ["StatefulSet kafka", "StatefulSet mongo"],
    "topologySpreadConstraints spread their members over nodes and zones",
  ),
  {
    scanner: "kube-linter",
    rule: "liveness-port",
    objects: ["Deployment auth-service", "Deployment messaging-service"],
    reason:
      "the port is the watch's, which stands beside the service in its pod and lists it; all containers of a pod share its address",
  },
  {
    scanner: "kube-linter",
    rule: "job-ttl-seconds-after-finished",
    objects: ["Job provision-kafka", "Job provision-mongo", "Job provision-postgres"],
    reason:
      "a job that the cluster deletes is missing from the stack's state at the next refresh, and would run again at every `up`",
  },
  {
    scanner: "kube-score",
    rule: "deployment-replicas",
    objects: ["Deployment auth-service", "Deployment core-service", "Deployment messaging-service"],
    reason: "the services bear one pod each: their definitions say why (replicas.why in config/services)",
  },
  {
    scanner: "checkov",
    rule: "CKV_DOCKER_7",
    objects: ["gateway/image/Dockerfile", "provision/image/Dockerfile", "samples/image/Dockerfile"],
    reason: "it does not read the build argument that names the base with its version",
  },
  {
    scanner: "checkov",
    rule: "CKV_DOCKER_2",
    objects: ["provision/image/Dockerfile", "samples/image/Dockerfile"],
    reason:
      "the first ends by itself, and the sample is asked for the path of the service whose place it takes",
  },
  {
    scanner: "hadolint",
    rule: "DL3002",
    objects: ["gateway/image/Dockerfile"],
    reason:
      "it is the stage that copies files out of the base; nothing but these files reaches the image, which has a user",
  },
  {
    scanner: "hadolint",
    rule: "DL3066",
    objects: ["gateway/image/Dockerfile"],
    reason: "the same line: root is called so in every base, and the image's own user is a number",
  },
  {
    scanner: "hadolint",
    rule: "DL4006",
    objects: ["gateway/image/Dockerfile"],
    reason:
      "the shell of a base with glibc knows no pipefail; a node without its libraries does not start, and whoever builds the image waits for it to",
  },
  {
    scanner: "licences",
    rule: "GPL-3.0-only",
    objects: ["@action-validator/cli", "@action-validator/core"],
    reason: "a tool of the tests, run as a program of its own; nothing that is built or handed on holds it",
  },
  {
    scanner: "licences",
    rule: "SEE LICENSE IN LICENSE",
    objects: ["@logdna/tail-file"],
    reason: "the file holds the MIT licence",
  },
];
