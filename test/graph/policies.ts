import type { GraphResource } from "../../policies/rule.ts";
import { brokenRules } from "../../policies/rules.ts";
import type { Registered } from "./mocks.ts";

/** A registered graph as the rules of `policies/` read it. */
export const graphOf = (registered: readonly Registered[]): GraphResource[] =>
  registered.map(({ type, name, inputs }) => ({ type, name, props: inputs }));

/** What a registered graph breaks, one line each; empty when it keeps every rule. */
export const brokenRulesOf = (registered: readonly Registered[]): readonly string[] =>
  brokenRules(graphOf(registered));
