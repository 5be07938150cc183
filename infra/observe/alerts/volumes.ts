import { unless } from "../promql.ts";
import type { Alerts, Subject } from "./rule.ts";

/** What of a disk is free, and its size; by claim on a cluster, of the engine's disk else. */
function disks({ settings, select }: Subject): {
  readonly free: string;
  readonly size: string;
  readonly earlier: string;
  readonly by: string;
  readonly what: string;
} {
  if (settings.target === "kubernetes") {
    const by = "max by (persistentvolumeclaim) ";
    return {
      free: `${by}(${select("kubelet_volume_stats_available_bytes")})`,
      size: `${by}(${select("kubelet_volume_stats_capacity_bytes")})`,
      earlier: select("kubelet_volume_stats_available_bytes", {}, "6h"),
      by,
      what: "volume {{ $labels.persistentvolumeclaim }}",
    };
  }
  return {
    free: `max(${select("beat_disk_available_bytes")})`,
    size: `max(${select("beat_disk_size_bytes")})`,
    earlier: select("beat_disk_available_bytes", {}, "6h"),
    by: "max ",
    what: "the container engine's disk",
  };
}

const almostFull = ({ free, size }: ReturnType<typeof disks>): string => `${free} / ${size} < 0.05`;

const steps = [
  "on a cluster: a larger `volume.size` of the store (docs/kubernetes.md has its name), then `./beat up`, where the storage class lets volumes grow",
  "on an engine: `./beat doctor` says what is free; images and volumes that nobody uses take most of it",
  "`./beat status` shows how large what is kept is",
];

/** Volumes on a cluster; on an engine the disk that all of them lie on. */
export const volumeAlerts = {
  VolumeAlmostFull: {
    severity: "critical",
    means: "Less than 5 % of a volume, or of the engine's disk, is free. A store that cannot write stops.",
    steps,
    cases: (subject) => {
      const all = disks(subject);
      return [{ expr: almostFull(all), summary: `${all.what} is almost full` }];
    },
  },
  VolumeFillsWithinADay: {
    severity: "warning",
    means:
      "Half of a volume, or of the engine's disk, is used, and as the last six hours went the rest will be within a day.",
    steps,
    cases: (subject) => {
      const all = disks(subject);
      const { free, size, earlier, by, what } = all;
      return [
        {
          expr: `${free} / ${size} < 0.5 and ${by}(predict_linear(${earlier}, 86400)) < 0${unlessTheSame(subject, all)}`,
          for: "30m",
          summary: `${what} will be full within a day`,
        },
      ];
    },
  },
} as const satisfies Alerts;

/** A volume of which more is told already; on a cluster that is one of many. */
const unlessTheSame = ({ settings }: Subject, all: ReturnType<typeof disks>): string =>
  settings.target === "kubernetes" ? ` unless ${almostFull(all)}` : unless(almostFull(all));
