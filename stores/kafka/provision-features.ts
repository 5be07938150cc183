import type { Admin } from "@platformatic/kafka";
import { retryUntilAnswered } from "../retry-until-answered.ts";
import type { Done } from "../store.ts";
import { features, raiseFeatures } from "./requests.ts";

/** The form of the quorum itself: its voters are named by the platform's settings, which only the first form takes. */
const form = "kraft.version";

/**
 * Makes final what all brokers can, as `kafka-features upgrade --release-version` does: a new release keeps to the level of the one
 * before until then, and one that is too far ahead of it does not start. The controller refuses while a broker is older.
 */
export async function bringFeatures(admin: Admin, waitSeconds: number): Promise<Done[]> {
  return await retryUntilAnswered(waitSeconds, async () => {
    const behind = (await features(admin)).filter(({ name, most, final }) => name !== form && final < most);
    if (behind.length > 0) await raiseFeatures(admin, behind);
    return behind.map(({ name }) => ({ object: `feature ${name}`, result: "altered" as const }));
  });
}
