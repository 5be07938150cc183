/** A reason not to start, for one line on stderr. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** 2: a setting or the routing table is wrong; 1: the machine refuses. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2) {
    super(message);
    this.exitCode = exitCode;
  }
}
