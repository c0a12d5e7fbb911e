import type { Broker } from "@berth/broker";
import { InboxItem } from "@berth/protocol";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { Handler } from "./handler.ts";

export interface TentacleOptions {
  /** Started and stopped by whoever made it. */
  readonly broker: Broker;
  readonly topologyPrefix: string;
  readonly space: string;
  readonly name: string;
  /** Of what runs here: a change of it releases what was parked because of the old one. */
  readonly version: string;
  readonly targets: readonly string[];
  /** How many attempts that hold a slot run at once; those that go past their slot are not counted. The server keeps to it. */
  readonly capacity: number;
  readonly handlers?: Readonly<Record<string, Handler>>;
  readonly logger: Logger;
  /** Directory of this tentacle alone. It is made where it is missing, and must take named pipes. */
  readonly workspace: string;
  /** Name of the broker's user, where the broker shall vouch for it. */
  readonly brokerUser?: string;
  readonly clock?: Clock;
  /** What scripts inherit, without `BERTH_…`. Default: that of this process. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Output of one attempt that is kept; what comes beyond is dropped. Default: 10 MiB. */
  readonly outputBytesMax?: number;
  /** How long a script has to end by itself when its time is up. Default: 10 s. */
  readonly timeoutGraceMs?: number;
  /** How long a script has to end by itself when the deadline of `stop` has passed. Default: 1 s. */
  readonly stopGraceMs?: number;
}

/** A copy of the targets without repetitions, once all that goes to the server is known to be acceptable to it. */
export function checkedTargets({ name, version, targets, capacity }: TentacleOptions): string[] {
  const unique = [...new Set(targets)];
  const opening = { type: "session.open", id: "check", session: "check", succeeds: [], knows: [] };
  const read = InboxItem.safeParse({ ...opening, tentacle: name, version, targets: unique, capacity });
  if (read.success) return unique;
  const problems = read.error.issues.map(({ path, message }) => {
    const field = path[0] === "tentacle" ? ["name", ...path.slice(1)] : path;
    return `${field.join(".")}: ${message}`;
  });
  throw new TypeError(`a tentacle cannot be made like this: ${problems.join("; ")}`);
}
