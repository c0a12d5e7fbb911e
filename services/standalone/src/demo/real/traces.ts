import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { topology } from "@berth/protocol";
import { eraseRedisStore } from "@berth/store/redis";

export interface Traces {
  readonly amqpUrl: string;
  readonly redisUrl: string;
  readonly prefix: string;
  readonly space: string;
  readonly targets: readonly string[];
  /** All that were ever opened. */
  readonly sessions: readonly string[];
}

/** Removes the queues and keys of an installation of which nothing runs any more. */
export async function removeTraces(traces: Traces): Promise<void> {
  const { amqpUrl, redisUrl, prefix, space, targets, sessions } = traces;
  const broker = createRabbitmqBroker({ url: amqpUrl, connectionName: "berth demo" });
  await broker.start();
  try {
    const names = topology(prefix);
    const queues = [
      ...[names.inbox(space), names.refused(space), names.attendance([space])],
      ...targets.map((target) => names.target(space, target)),
      ...sessions.map((session) => names.session(space, session)),
    ];
    for (const queue of queues) await broker.deleteQueue(queue);
  } finally {
    await broker.stop();
  }
  await eraseRedisStore({ url: redisUrl, prefix });
}
