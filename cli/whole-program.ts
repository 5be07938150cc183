import * as pulumi from "@pulumi/pulumi";

/** What the SDK's types leave out. */
const { waitForRPCs } = pulumi.runtime as unknown as { readonly waitForRPCs: () => Promise<void> };

/**
 * A program as the Automation API may run it. That tells the engine that everything is registered as soon as the program has
 * returned, also where a value that a resource was to be given has failed by then; and the engine deletes what was not
 * registered, which is that resource and all that need it. A plain `pulumi up` asks first whether anything failed.
 * Source: Pulumi's SDK, `automation/server.ts` beside `cmd/run/index.ts`.
 * @returns the program, which fails when anything did that it registered.
 */
export const whole =
  <Outputs>(program: () => Promise<Outputs>): (() => Promise<Outputs>) =>
  async () => {
    let failed = false;
    const onFault = () => {
      failed = true;
    };
    process.on("unhandledRejection", onFault);
    process.on("uncaughtException", onFault);
    try {
      const outputs = await program();
      await waitForRPCs();
      // A rejection counts as unhandled once nothing else is to be done.
      await new Promise((resolve) => setImmediate(resolve));
      // It was told when it happened.
      if (failed || pulumi.log.hasErrors())
        throw new pulumi.RunError("what the program did not come to is left as it is");
      return outputs;
    } finally {
      process.off("unhandledRejection", onFault);
      process.off("uncaughtException", onFault);
    }
  };
