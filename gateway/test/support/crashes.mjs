/** Preloaded into a gateway: a defect that shows on SIGUSR2, from a timer, as a callback of its own would. */
process.on("SIGUSR2", () => {
  setTimeout(() => {
    if (process.env.CRASH === "rejection") void Promise.reject(new Error("crashed on purpose"));
    else throw process.env.CRASH === "nothing" ? undefined : new Error("crashed on purpose");
  });
});
