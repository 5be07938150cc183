import type { z } from "zod";
import type { Value } from "../core/value.ts";
import type { FileSet, Health, User } from "../core/workload.ts";
import type { ExternalSchema, FactsSchema, UseContext } from "./store.ts";

/** How a store's figures get to a scraper: a program beside it, of the field's own, that reads them and tells them at a port. */
export interface Exporter<
  Facts = z.output<FactsSchema>,
  Need = unknown,
  External = z.output<ExternalSchema>,
  Cluster = unknown,
> {
  /** Its image in the catalogue. */
  readonly image: string;
  /** Whether it logs in, by `beat_monitor`, which the provisioner makes. */
  readonly login: boolean;
  /** What it is told. */
  parts(context: UseContext<Facts, Need, External, Cluster>): ExporterParts;
}

/** A container of an exporter. */
export interface ExporterParts {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, Value>>;
  readonly files: readonly Omit<FileSet, "name">[];
  /** It answers GET /metrics there. */
  readonly port: number;
  readonly health: Pick<Health, "ready">;
  /** What an engine asks instead, where the image has nothing to ask a port with; default: the same. */
  readonly engineHealth?: Pick<Health, "ready">;
  readonly memoryMiB: number;
  /** Whom its image runs as: by a name, which a cluster does not take. */
  readonly user: User;
}
