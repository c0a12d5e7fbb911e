/**
 * Names of queues. Parts are separated by `/`, which cannot be part of a name, so that no two things share a queue.
 *
 * - inbox: commands to the owner of a space
 * - target: deliveries to whoever serves a target
 * - session: answers and orders to one session of a tentacle
 * - replies: answers to one client of the inbox
 * - refused: inbox messages that could not be read
 * - attendance: nothing is ever sent to it; those who consume it are the dispatchers that share a list of spaces
 */
export interface Topology {
  readonly prefix: string;
  inbox(space: string): string;
  refused(space: string): string;
  target(space: string, target: string): string;
  session(space: string, session: string): string;
  /** The session whose queue this is; `null`: it is none of this space. */
  sessionOf(space: string, queue: string): string | null;
  replies(client: string): string;
  attendance(spaces: readonly string[]): string;
  /** The name of the broker's user that a tentacle has by default. */
  user(space: string, tentacle: string): string;
}

/** `prefix` keeps several installations on one broker apart. */
export function topology(prefix: string): Topology {
  return {
    prefix,
    inbox: (space) => `${prefix}/${space}/inbox`,
    refused: (space) => `${prefix}/${space}/refused`,
    target: (space, target) => `${prefix}/${space}/target/${target}`,
    session: (space, session) => `${prefix}/${space}/session/${session}`,
    sessionOf: (space, queue) => {
      const before = `${prefix}/${space}/session/`;
      return queue.startsWith(before) ? queue.slice(before.length) : null;
    },
    replies: (client) => `${prefix}/replies/${client}`,
    attendance: (spaces) => `${prefix}/attendance/${digestOf(spaces)}`,
    user: (space, tentacle) => brokerUser(prefix, space, tentacle),
  };
}

/**
 * The name of the broker's user that a tentacle has by default. The dots of a name are doubled, so that no two tentacles
 * of whatever spaces share a user: no name begins with a dot, so a single one always separates two parts.
 */
export function brokerUser(prefix: string, space: string, tentacle: string): string {
  return [prefix, space, tentacle].map((part) => part.replaceAll(".", "..")).join(".");
}

/** The tentacle that has this user by default; `null`: there is none in this space. */
export function tentacleOfUser(prefix: string, space: string, user: string): string | null {
  const before = brokerUser(prefix, space, "");
  const tentacle = user.slice(before.length).replaceAll("..", ".");
  return tentacle !== "" && brokerUser(prefix, space, tentacle) === user ? tentacle : null;
}

/** A short text for a list of names in whatever order, which may be longer than the name of a queue (FNV-1a, 64 bits). */
function digestOf(names: readonly string[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode([...new Set(names)].sort().join(",")))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
