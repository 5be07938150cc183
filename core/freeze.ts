/** The same value, with everything in it that nobody may change. */
export function deepFreeze<T>(subject: T): T {
  if (typeof subject === "object" && subject !== null && !Object.isFrozen(subject)) {
    Object.freeze(subject);
    for (const child of Object.values(subject)) deepFreeze(child);
  }
  return subject;
}
