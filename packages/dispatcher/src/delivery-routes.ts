import type { OutgoingMessage } from "@berth/broker";
import type { DeliverEffect } from "@berth/engine";
import type { Topology } from "@berth/protocol";
import { DeliveryGroupMessage, DeliveryMessage } from "./delivery-message.ts";

/** A message with deliveries, and where it has to go. */
export interface Route {
  readonly message: OutgoingMessage;
  /** `null`: it goes to the queue of a session. */
  readonly target: string | null;
  /** `null`: it goes to the queue of a target. */
  readonly session: string | null;
}

/** So that one message stays far below what a broker takes at once, and what is lost with it is little. */
const groupMax = 100;
const groupBytesMax = 1024 * 1024;

/**
 * How the deliveries of a batch travel. One by one they go to the queues of their targets. Several for the same session, which
 * serves many targets then, go to its own queue together; its owner sends them again if they get lost, as it does with all.
 * `payloads`: JSON text by task; all must be there.
 */
export function routesOf(
  topology: Topology,
  space: string,
  effects: readonly DeliverEffect[],
  payloads: ReadonlyMap<string, string>,
): Route[] {
  const routes: Route[] = [];
  for (const [session, own] of Map.groupBy(effects, (effect) => effect.session)) {
    const messages = own.map((effect) => {
      const queue = topology.target(space, effect.target);
      return new DeliveryMessage(queue, space, effect, payloads.get(effect.task) ?? "null");
    });
    if (session !== null && own.length > 1)
      routes.push(...groupRoutes(topology.session(space, session), space, session, messages));
    else {
      for (const [index, message] of messages.entries())
        routes.push({ message, target: own[index]?.target ?? null, session: null });
    }
  }
  return routes;
}

function groupRoutes(
  queue: string,
  space: string,
  session: string,
  messages: readonly DeliveryMessage[],
): Route[] {
  const routes: Route[] = [];
  let group: DeliveryMessage[] = [];
  let bytes = 0;
  const close = (): void => {
    if (group.length > 0)
      routes.push({ message: new DeliveryGroupMessage(queue, space, session, group), target: null, session });
    group = [];
    bytes = 0;
  };
  for (const message of messages) {
    group.push(message);
    bytes += message.payloadLength;
    if (group.length === groupMax || bytes >= groupBytesMax) close();
  }
  close();
  return routes;
}
