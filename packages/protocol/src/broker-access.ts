import { topology } from "./topology.ts";

/** What a user of the broker may do, as RabbitMQ wants it: regular expressions over the names of queues and exchanges. */
export interface BrokerPermissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/**
 * What a tentacle needs: to read the queues of its targets and of its own sessions, and to write to the inbox of its
 * space, by the exchange that has the name of that queue. So it publishes no delivery and no answer, since the default
 * exchange, which leads to every queue, is closed to it; and it declares and deletes nothing.
 */
export function brokerPermissions(
  prefix: string,
  space: string,
  tentacle: string,
  targets: readonly string[],
): BrokerPermissions {
  const { inbox, target, session } = topology(prefix);
  const readable = targets.toSorted().map((name) => quoted(target(space, name)));
  // A random part without dots: the sessions of a tentacle "web" are not to match those of "web.eu".
  readable.push(`${quoted(session(space, tentacle))}\\.[0-9a-f-]+`);
  // RabbitMQ takes an empty expression for one that matches nothing.
  return { configure: "", write: `^${quoted(inbox(space))}$`, read: `^(${readable.join("|")})$` };
}

/** Matches the text itself and nothing else. */
function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
