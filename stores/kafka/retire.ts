import type { Admin } from "@platformatic/kafka";
import { retryUntilAnswered } from "../retry-until-answered.ts";
import type { Done } from "../store.ts";
import type { KafkaPlan } from "./plan-schema.ts";
import { lowerMinInSync } from "./provision-configs.ts";
import { bringCopies } from "./provision-copies.ts";
import { layoutOf, quorum } from "./requests.ts";

/** A cluster's brokers, as its plan names them. */
export type OwnBrokers = NonNullable<KafkaPlan["own"]>;

/**
 * Moves everything off the brokers that shall go, before they do: all topics, also those nobody declares, and Kafka's own. Then
 * waits until the controllers that stay have all that was written, for those that go take their votes with them.
 */
export async function retire(admin: Admin, plan: KafkaPlan, own: OwnBrokers): Promise<Done[]> {
  const staying = own.brokers;
  const { topics } = await retryUntilAnswered(plan.waitSeconds, () => layoutOf(admin));
  const done = [
    // First: a copy less may be one too few for those who write.
    ...(await lowerMinInSync(
      admin,
      topics.map(({ name }) => name),
      own.minInSyncReplicas,
    )),
    ...(await bringCopies(admin, {
      copies: (_, now) => Math.min(now, staying.length),
      brokers: staying,
      waitSeconds: plan.waitSeconds,
      moveSeconds: plan.moveSeconds,
    })),
  ];
  const { written } = await quorum(admin);
  await retryUntilAnswered(plan.waitSeconds, async () => {
    const { voters } = await quorum(admin);
    const behind = voters.filter(({ id, logEndOffset }) => staying.includes(id) && logEndOffset < written);
    if (behind.length > 0) throw new Error(`controller ${behind[0]?.id} has not all of the metadata yet`);
  });
  return done.length > 0 ? done : [{ object: "brokers that leave", result: "unchanged" }];
}
