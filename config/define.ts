// Where this was before; definitions that import it from here go on working for one version.
export * from "./define/define.ts";
