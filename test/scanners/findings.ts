import type { Scanner } from "./tools.ts";

/** Who finds: a scanner, npm with its registry's advisories, or the list of allowed licences. */
export type Finder = Scanner | "npm-audit" | "licences";

/** What a scanner has against something. */
export interface Finding {
  readonly scanner: Finder;
  /** The scanner's own name of the rule. */
  readonly rule: string;
  /** What it is about: an object such as `Deployment gateway`, or a file of the project. */
  readonly object: string;
  /** The scanner's words. */
  readonly text: string;
}

/** A finding that stays, and why. */
export interface Exception {
  readonly scanner: Finder;
  readonly rule: string;
  /** What it holds for; `any` is for rules that contradict a decision of the whole platform. */
  readonly objects: readonly string[] | "any";
  readonly reason: string;
}

/** Findings without an exception, and objects of exceptions without a finding, in words for whoever has to act. */
export function judged(findings: readonly Finding[], exceptions: readonly Exception[]): string[] {
  const covers = ({ scanner, rule, objects }: Exception, finding: Finding): boolean =>
    scanner === finding.scanner &&
    rule === finding.rule &&
    (objects === "any" || objects.includes(finding.object));
  const open = findings
    .filter((finding) => !exceptions.some((exception) => covers(exception, finding)))
    .map(
      ({ scanner, rule, object, text }) =>
        `${scanner} ${rule}: ${object}: ${text}: mend it, or add an exception with its reason`,
    );
  const unused = exceptions.flatMap((exception) =>
    (exception.objects === "any" ? (["any"] as const) : exception.objects)
      .filter(
        (object) =>
          !findings.some((one) =>
            covers({ ...exception, objects: object === "any" ? "any" : [object] }, one),
          ),
      )
      .map(
        (object) =>
          `${exception.scanner} ${exception.rule}: ${object}: nothing is found any more: take the exception away`,
      ),
  );
  return [...new Set([...open, ...unused])];
}

/** An object as exceptions name it: Pulumi gives jobs and other immutable objects an end drawn by chance. */
export const objectName = (kind: string, name: string): string =>
  `${kind} ${/^(Job|Secret|ConfigMap)$/.test(kind) ? name.replace(/-[0-9a-f]{8}$/, "") : name}`;
