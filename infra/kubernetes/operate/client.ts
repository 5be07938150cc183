import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import {
  ApiException,
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  NetworkingV1Api,
  StorageV1Api,
  VersionApi,
} from "@kubernetes/client-node";
import type { KubernetesSettings } from "../../../config/settings/schema.ts";
import { InputError } from "../../../core/problems.ts";

/** An API server answers within this time, or counts as out of reach; milliseconds. */
const patience = 5000;

/** A cluster that a kubeconfig names. Nothing has been asked of it yet. */
export interface Cluster {
  readonly config: KubeConfig;
  readonly context: string;
  readonly server: string;
  readonly apps: AppsV1Api;
  readonly core: CoreV1Api;
  readonly batch: BatchV1Api;
  readonly storage: StorageV1Api;
  readonly networking: NetworkingV1Api;
  readonly version: VersionApi;
}

/** Where a stack's objects are. */
export interface ClusterPlace {
  readonly cluster: Cluster;
  readonly namespace: string;
}

/**
 * Opens the cluster of a stack: `platform:kubernetes.context`, else the kubeconfig's current context. The same rules as
 * kubectl and Pulumi follow: KUBECONFIG, then ~/.kube/config, then the pod this runs in.
 * @throws {InputError} when there is no kubeconfig, it cannot be read, or it has no such context.
 */
export function openCluster({ context }: Pick<KubernetesSettings["kubernetes"], "context">): Cluster {
  const config = new KubeConfig();
  const files = kubeconfigFiles();
  const missing = files.filter((file) => !existsSync(file));
  const inPod = process.env.KUBERNETES_SERVICE_HOST !== undefined;
  if (missing.length === files.length && !inPod)
    throw refusal(
      "kubeconfig",
      `there is none (looked at ${files.join(", ")})`,
      "set KUBECONFIG, or have your cluster's tool write one",
    );
  try {
    config.loadFromDefault();
  } catch (error) {
    throw refusal("kubeconfig", `${files.join(", ")} cannot be read: ${String(error)}`, "correct the file");
  }
  const known = config.getContexts().map(({ name }) => name);
  const wanted = context ?? config.getCurrentContext();
  if (!known.includes(wanted))
    throw refusal(
      "platform:kubernetes.context",
      wanted ? `the kubeconfig has no context "${wanted}"` : "the kubeconfig has no current context",
      known.length === 0
        ? "add a context to the kubeconfig"
        : `pulumi config set --path platform:kubernetes.context <one of ${known.join(", ")}>`,
    );
  config.setCurrentContext(wanted);
  return {
    config,
    context: wanted,
    server: config.getCurrentCluster()?.server ?? "",
    apps: config.makeApiClient(AppsV1Api),
    core: config.makeApiClient(CoreV1Api),
    batch: config.makeApiClient(BatchV1Api),
    storage: config.makeApiClient(StorageV1Api),
    networking: config.makeApiClient(NetworkingV1Api),
    version: config.makeApiClient(VersionApi),
  };
}

function kubeconfigFiles(): string[] {
  const named = process.env.KUBECONFIG?.split(delimiter).filter((file) => file !== "") ?? [];
  return named.length > 0 ? named : [join(homedir(), ".kube", "config")];
}

const refusal = (path: string, message: string, fix: string): InputError =>
  new InputError("the cluster cannot be chosen", [{ path, message, fix }]);

/** Waits for an answer, not longer than an API server may take. */
export async function withTimeout<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      answer,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} s`)), patience);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** The HTTP status of a refusal by the API server; undefined when it is something else. */
export const statusCode = (error: unknown): number | undefined =>
  error instanceof ApiException ? error.code : undefined;

/** An answer, or undefined when there is no such object. */
export async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusCode(error) === 404) return undefined;
    throw error;
  }
}

/** Why a call failed, in a line: the API server's own message, or what the network said. */
export function reasonOf(error: unknown): string {
  if (error instanceof ApiException) {
    const body = error.body as string | { message?: string };
    const parsed = typeof body === "string" ? safeParse(body) : body;
    return `${error.code} ${parsed?.message ?? ""}`.trim();
  }
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? (error as { code?: string }).code ?? (error as Error).message;
}

function safeParse(text: string): { message?: string } | undefined {
  try {
    return JSON.parse(text) as { message?: string };
  } catch {
    return undefined;
  }
}
