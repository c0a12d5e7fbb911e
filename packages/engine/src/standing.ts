import { findLeg, type State } from "./state.ts";

/** Comparing so many tokens costs less than to find one task among a million. */
const searchedMax = 8;

/** Who may speak for what, as the space has it: whoever brings commands decides by it what to take at all. */
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

  /** Whether the session holds the grant of the leg with this token, or what it left of that keeps a slot shut. */
  isWith(session: string, leg: string, token: string): boolean {
    const legs = this.#state.sessions.get(session)?.legs;
    if (legs !== undefined && legs.size <= searchedMax)
      for (const held of legs) if (held.token === token && held.id === leg) return true;
    const found = findLeg(this.#state, leg);
    if (found !== undefined && found.token === token) return found.session?.id === session;
    const quarantine = this.#state.quarantinedSlots.get(token)?.quarantines.get(token);
    return quarantine !== undefined && quarantine.session === session && quarantine.leg === leg;
  }

  /** `undefined`: the leg has ended, or never was. */
  targetOf(leg: string): string | undefined {
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
