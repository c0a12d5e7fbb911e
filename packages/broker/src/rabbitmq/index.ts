import type { Broker } from "../port.ts";
import { RabbitmqBroker } from "./broker.ts";
import { type RabbitmqBrokerOptions, settingsOf } from "./options.ts";

export type { RabbitmqBrokerOptions, RabbitmqLogger } from "./options.ts";

/**
 * A connection to RabbitMQ 3.10 or later, not started. `start` tries once, and may be called again where it fails; a connection
 * that breaks later is made anew until `stop`. While there is none, calls reject with `broker_unreachable`.
 * Throws `TypeError` for a URL that is none.
 */
export function createRabbitmqBroker(options: RabbitmqBrokerOptions): Broker {
  return new RabbitmqBroker(settingsOf(options));
}
