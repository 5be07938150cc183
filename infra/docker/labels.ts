/** The label by which `beat` finds what belongs to a stack, in state or not. */
export const stackLabel = "org.beat-ecoprove.stack";
/** The label that names a container's part in the platform. */
export const componentLabel = "org.beat-ecoprove.component";
