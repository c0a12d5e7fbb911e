import type { Options } from "amqplib";
import type { QueueOptions } from "../port.ts";
import type { Settings } from "./options.ts";

/**
 * A message must never vanish because it was given back too often: RabbitMQ 4 drops it after 20 times unless it is told
 * otherwise. A limit there must be all the same, since without one what comes back goes to the end of a quorum queue.
 */
const deliveryLimit = 1_000_000_000;
/** Three weeks. A deployment may run for hours, and the default of half an hour takes its channel away from the tentacle. */
const consumerTimeoutMs = 2_000_000_000;

/**
 * The same for every version of the server, although 3.11 and earlier ignore the consumer timeout: they keep it, so that the
 * queue is still the same after an upgrade.
 */
export function queueArguments(options: QueueOptions, settings: Settings): Options.AssertQueue {
  const { deadLetterQueue, lifetime, singleActiveConsumer = false } = options;
  const type = queueTypeOf(options, settings);
  return {
    durable: true,
    arguments: {
      // Named in any case, since a virtual host may have another default.
      "x-queue-type": type,
      ...(deadLetterQueue !== null && {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": deadLetterQueue,
      }),
      ...(singleActiveConsumer && { "x-single-active-consumer": true }),
      ...(type === "quorum" && { "x-delivery-limit": deliveryLimit }),
      ...(lifetime === "session"
        ? { "x-expires": settings.sessionQueueMs }
        : { "x-consumer-timeout": consumerTimeoutMs }),
    },
  };
}

function queueTypeOf({ lifetime, content = "copies" }: QueueOptions, settings: Settings): string {
  if (lifetime === "session") return "classic";
  return content === "record" ? "quorum" : settings.queueType;
}
