// Where this was before; programs that import it from here go on working for one version.
export * from "./settings/parse.ts";
export * from "./settings/schema.ts";
