import { assertNever, type Standing } from "@berth/engine";
import type { InboxItem, InboxItemOf } from "@berth/protocol";

/** What has to be known of a space to tell who may say what in it. */
export interface Knowledge
  extends Pick<Standing, "isWith" | "targetOf" | "quarantinedTarget" | "quarantinedTargetsOf"> {
  /** `undefined`: there is no such session. */
  openerOf(session: string): string | null | undefined;
  /** Whether a tentacle of this user may have the name. */
  mayBeCalled(user: string, tentacle: string): boolean;
  /** Whether this user of the broker may speak for the target; for one that nobody knows everybody may. */
  owns(user: string, target: string): boolean;
}

/**
 * Why a user of the broker that is not the server's may not say this; `null`: it may. A tentacle speaks for the sessions
 * that it opened itself, about attempts that those hold or that are on targets that it owns, and says nothing else.
 *
 * What nobody knows any more is let through: the engine refuses it, and the sender has to hear how. So is the name of a
 * target that is not there yet: when it comes, the engine looks at who may serve it.
 */
export function objectionTo(item: InboxItem, user: string, space: Knowledge): string | null {
  switch (item.type) {
    case "session.open":
      return objectionToOpening(item, user, space);
    case "session.beat":
    case "session.drain":
    case "session.close":
      return objectionToSession(item.session, user, space);
    case "claim":
    case "report":
    case "decline":
      return objectionToSession(item.session, user, space) ?? objectionToAttempt(item, user, space);
    case "submit":
    case "cancel":
    case "prioritize":
    case "release":
    case "discard":
    case "decide":
    case "semaphore.put":
    case "schedule.put":
    case "schedule.remove":
    case "target.put":
    case "target.remove":
    case "hold.place":
    case "hold.lift":
    case "quarantine.release":
    case "task.ended":
    case "mark":
    case "explain":
    case "clearance":
    case "semaphores":
    case "watch":
      return `only the server may send ${item.type}`;
    default:
      return assertNever(item);
  }
}

function objectionToOpening(
  { session, tentacle, targets, succeeds, knows }: InboxItemOf<"session.open">,
  user: string,
  space: Knowledge,
): string | null {
  // Its user may read the queues of sessions that are named so, and no others.
  if (!session.startsWith(`${tentacle}.`)) return `the session is not named "${tentacle}." and something`;
  if (!space.mayBeCalled(user, tentacle)) return `its tentacle may not be called ${tentacle}`;
  for (const each of [session, ...succeeds]) {
    const objection = objectionToSession(each, user, space);
    if (objection !== null) return objection;
  }
  const named = objectionToTargets(targets, user, space);
  if (named !== null) return named;
  // To say that a session is over opens the slots that it keeps shut.
  const shut = objectionToTargets(space.quarantinedTargetsOf(succeeds), user, space);
  if (shut !== null) return shut;
  for (const { leg, token } of knows) {
    const objection = objectionToAttempt({ session, leg, token }, user, space);
    if (objection !== null) return objection;
  }
  return null;
}

function objectionToSession(session: string, user: string, space: Knowledge): string | null {
  return isOwnSession(session, user, space) ? null : `the session ${session} is not its own`;
}

/** One that nobody knows is whose it may be by its name. */
export function isOwnSession(session: string, user: string, space: Knowledge): boolean {
  const opener = space.openerOf(session);
  if (opener !== undefined) return opener === user;
  return space.mayBeCalled(user, session.slice(0, session.lastIndexOf(".")));
}

/**
 * What a session was granted stays its own, also when the target is another user's by now. Else the token is looked at as
 * well as the leg: either alone may be that of an attempt on another target.
 */
function objectionToAttempt(
  { session, leg, token }: { readonly session: string; readonly leg: string; readonly token: string },
  user: string,
  space: Knowledge,
): string | null {
  if (space.isWith(session, leg, token)) return null;
  const targets = [space.targetOf(leg), space.quarantinedTarget(token)];
  return objectionToTargets(
    targets.filter((target) => target !== undefined),
    user,
    space,
  );
}

function objectionToTargets(targets: readonly string[], user: string, space: Knowledge): string | null {
  const foreign = targets.find((target) => !space.owns(user, target));
  return foreign === undefined ? null : `it may not speak for the target ${foreign}`;
}
