import { configRemoveCommand, configSetCommand } from "../../core/config-commands.ts";
import { joinPath, type Problem } from "../../core/problems.ts";
import { type ObservabilitySettings, observabilityOf } from "./observability.ts";
import { isCredential, secretForHeader } from "./otlp-headers.ts";

const at = "platform:observability";

/** What says of a header's value that it is a secret. */
export const secretHeaderMend = (header: string): string => {
  const path = [at, "headers", header];
  const secret = secretForHeader(header);
  return `${configRemoveCommand(path)} && ${configSetCommand([...path, "secret"], secret)}, then ./beat secrets set ${secret}, which reads the value from standard input`;
};

/** Contradictions that no single setting has. */
export function observabilityProblems(settings: ObservabilitySettings): Problem[] {
  return [
    ...receiverProblems(settings),
    ...credentialsInTheClear(settings),
    ...(settings.target === "kubernetes" ? scraperProblems(settings) : []),
  ];
}

function receiverProblems(settings: ObservabilitySettings): Problem[] {
  const { observability } = settings;
  const { dev } = observabilityOf(settings);
  const { otlp } = observability;
  if (dev && otlp !== undefined)
    return [
      {
        path: `${at}.dev`,
        message: "takes what is sent, and otlp names somebody else's receiver: only one of them can be",
        fix: `${configRemoveCommand(`${at}.dev`)}, or ${configRemoveCommand(`${at}.otlp`)}`,
      },
    ];
  if (otlp !== undefined) return [];
  const cidr = "cidr" in observability ? observability.cidr : undefined;
  const unused = [
    ...(observability.headers === undefined ? [] : ["headers"]),
    ...(observability.sample === undefined || dev ? [] : ["sample"]),
    ...(cidr === undefined ? [] : ["cidr"]),
  ];
  return unused.map((name) => ({
    path: `${at}.${name}`,
    message: dev ? "is of no use with dev, which asks for none" : "is of no use: otlp names no receiver",
    fix: `${configRemoveCommand(`${at}.${name}`)}${dev ? "" : `, or ${configSetCommand(`${at}.otlp`, "<https://receiver>")}`}`,
  }));
}

function credentialsInTheClear({ observability }: ObservabilitySettings): Problem[] {
  return Object.entries(observability.headers ?? {})
    .filter(([name, value]) => typeof value === "string" && isCredential(name))
    .map(([name]) => ({
      path: joinPath([at, "headers", name]),
      message: "is called like a credential and stands in the clear",
      fix: secretHeaderMend(name),
    }));
}

function scraperProblems(settings: ObservabilitySettings & { readonly target: "kubernetes" }): Problem[] {
  const { observability, kubernetes } = settings;
  const { monitors, scraperNamespace } = observabilityOf(settings);
  const problems: Problem[] = [];
  const old = "platform:kubernetes.gateway.metricsFrom";
  if (observability.scraperNamespace !== undefined && kubernetes.gateway.metricsFrom !== undefined)
    problems.push({
      path: old,
      message: `is said twice: ${at}.scraperNamespace takes its place`,
      fix: configRemoveCommand(old),
    });
  if (monitors !== "none" && scraperNamespace === undefined)
    problems.push({
      path: `${at}.scraperNamespace`,
      message: `is not set: the network policies would let nobody read the metrics that monitors: ${monitors} tells of`,
      fix: configSetCommand(`${at}.scraperNamespace`, "<namespace of the scraper>"),
    });
  if (observability.ruleLabels !== undefined && monitors !== "prometheus-operator")
    problems.push({
      path: `${at}.ruleLabels`,
      message: "is of no use: they are labels of objects that monitors: prometheus-operator makes",
      fix: `${configRemoveCommand(`${at}.ruleLabels`)}, or ${configSetCommand(`${at}.monitors`, "prometheus-operator")}`,
    });
  return problems;
}
