// Where this was before; programs that import it from here go on working for one version.
export * from "./settings/stack-check.ts";
