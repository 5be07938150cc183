// Pulumi compiles a policy pack's TypeScript with a compiler and settings of its own. It leaves .mjs alone, and from
// here on Node 22.18 and later run the TypeScript as it is.
import "./pack.ts";
