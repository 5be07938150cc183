// The entry point of a plain `pulumi up`. Node 22.18 and later run TypeScript by themselves; for an older one tsx
// does. Plain JavaScript, so that this much runs everywhere.
if (!process.features.typescript) {
  const { register } = await import("tsx/esm/api");
  register();
}
const { program } = await import("./program.ts");
export default program;
