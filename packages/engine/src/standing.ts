import { findLeg, type State } from "./state.ts";

/** Comparing so many ids costs less than to find one task among a million. */
const searchedMax = 8;

/**
 * Who may speak for what, as the space has it. The rules do not look at it: whoever asks decides what to take at all
 * (the users are the broker's, and only pass through here).
 */
export class Standing {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** The user that opened the session; `null`: nobody vouched for it. `undefined`: there is no such session. */
  openerOf(session: string): string | null | undefined {
    return this.#state.sessions.get(session)?.user;
  }

  /** Empty: nobody was named. `undefined`: there is no such target. */
  usersOf(target: string): readonly string[] | undefined {
    return this.#state.targets.get(target)?.users;
  }

  /** `undefined`: the leg has ended, or never was. It is looked for in the session first, where it nearly always is. */
  targetOf(leg: string, session: string): string | undefined {
    const legs = this.#state.sessions.get(session)?.legs;
    if (legs !== undefined && legs.size <= searchedMax)
      for (const held of legs) if (held.id === leg) return held.target.id;
    return findLeg(this.#state, leg)?.target.id;
  }

  /** Where the attempt with this token keeps a slot shut. */
  quarantinedTarget(token: string): string | undefined {
    return this.#state.quarantinedSlots.get(token)?.target.id;
  }

  /** Where attempts of these sessions keep slots shut. */
  quarantinedTargetsOf(sessions: readonly string[]): string[] {
    const targets = new Set<string>();
    for (const [token, slot] of this.#state.quarantinedSlots) {
      const quarantine = slot.quarantines.get(token);
      if (quarantine !== undefined && sessions.includes(quarantine.session)) targets.add(slot.target.id);
    }
    return [...targets];
  }
}
