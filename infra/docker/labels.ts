/** The label by which `beat` finds what belongs to a stack, in state or not. */
export const stackLabel = "org.beat-ecoprove.stack";
export { componentLabel } from "../../core/names.ts";
/** Marks what outlives a stack. */
export const keptLabel = "org.beat-ecoprove.kept";
/** On Podman, what a container was told and does not say again. */
export const toldLabel = "org.beat-ecoprove.told";
