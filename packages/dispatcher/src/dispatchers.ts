import { Attendance } from "./attendance.ts";
import { Dispatcher, type DispatcherSetup, type Standing } from "./dispatcher.ts";
import { realTiming, type Timing } from "./timing.ts";

export interface DispatchersSetup extends Omit<DispatcherSetup, "space" | "hesitationMs"> {
  /** All processes that share spaces name the same ones. */
  readonly spaces: readonly string[];
  /** For how long one that has all spaces but one leaves a free one to others; ms. */
  readonly hesitationMsMax?: number;
  /** How often it looks whether it has more than its share; ms. */
  readonly balanceMs?: number;
}

/** More than a look of those who wait, and less than a second together with all that a hand-over takes. */
const reluctanceMs = 600;
const balanceMsDefault = 2_000;
const hesitationMsDefault = 200;
/** The most that a hand-over which nobody wanted puts the next one off, as a multiple of `balanceMs`. */
const patienceMax = 64;

/**
 * Dispatches all spaces of a list together with other processes. Each space goes to whoever takes it first: those who
 * have few take a free one at once, those who have many hesitate. One that has more than its share, because others came
 * later, gives the rest back one by one.
 */
export class Dispatchers {
  readonly #setup: DispatchersSetup;
  readonly #timing: Timing;
  readonly #dispatchers: readonly Dispatcher[];
  readonly #attendance: Attendance;
  #stopBalancing: (() => void) | null = null;
  #balancing: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;
  /** Beats of the balance that are left out before the next hand-over, and after it if nobody wants what is given. */
  #beatsLeft = 0;
  #beatsNext = 1;
  #handedOver: Dispatcher | null = null;

  constructor(setup: DispatchersSetup) {
    const { spaces, hesitationMsMax = hesitationMsDefault, ...shared } = setup;
    this.#setup = setup;
    this.#timing = setup.timing ?? realTiming;
    const hesitationMs = (): number => hesitationMsMax * this.#fullness();
    this.#dispatchers = [...new Set(spaces)].map(
      (space) => new Dispatcher({ ...shared, space, hesitationMs }),
    );
    this.#attendance = new Attendance(setup.broker, setup.topology, spaces);
  }

  /** Idempotent. It does not wait until there is anything to own: others may have all of it. */
  start(): void {
    if (this.#stopBalancing !== null || this.#stopped !== null) return;
    // Each in an order of its own, or those who start together would all want the same space first.
    for (const dispatcher of shuffled(this.#dispatchers, this.#setup.random)) void dispatcher.start();
    const { balanceMs = balanceMsDefault } = this.#setup;
    this.#balance();
    this.#stopBalancing = this.#timing.every(balanceMs, () => this.#balance());
  }

  /** Idempotent. Gives all spaces back at once; resolves when nothing is under way. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** How each space stands, in the order of the list. */
  get standings(): readonly { readonly space: string; readonly standing: Standing }[] {
    return this.#dispatchers.map(({ space, standing }) => ({ space, standing }));
  }

  async #stop(): Promise<void> {
    this.#stopBalancing?.();
    await Promise.all(this.#dispatchers.map((dispatcher) => dispatcher.stop()));
    await this.#balancing;
    await this.#attendance.leave().catch(() => undefined);
  }

  /** The part of all spaces that it has, or is about to have, besides the one that asks. */
  #fullness(): number {
    const held = this.#dispatchers.filter(({ standing }) => standing === "owner" || standing === "taking");
    return Math.max(0, held.length - 1) / this.#dispatchers.length;
  }

  #balance(): void {
    const { logger } = this.#setup;
    this.#balancing = this.#balancing
      .then(() => this.#shareOut())
      .catch((error: unknown) => {
        logger.debug({ err: error }, "it cannot be seen how many dispatchers there are; again soon");
      });
  }

  /** One space at a time, so that what belongs together is never between two owners as a whole. */
  async #shareOut(): Promise<void> {
    if (this.#stopped !== null) return;
    const present = await this.#attendance.count();
    const owned = this.#dispatchers.filter(({ standing }) => standing === "owner");
    this.#seeWhoTookIt();
    const share = Math.ceil(this.#dispatchers.length / present);
    const surplus = owned.length > share ? owned.at(-1) : undefined;
    if (surplus === undefined || this.#handedOver !== null || this.#stopped !== null) return;
    if (this.#beatsLeft > 0) {
      this.#beatsLeft -= 1;
      return;
    }
    const { space } = surplus;
    this.#setup.logger.info({ space, present, owned: owned.length }, "gives a space to who has fewer");
    this.#handedOver = surplus;
    await surplus.handOver(reluctanceMs);
  }

  /** Who is counted may be unable to take anything: whoever gives in vain waits longer each time. */
  #seeWhoTookIt(): void {
    const standing = this.#handedOver?.standing;
    if (standing !== "waiting" && standing !== "owner") return;
    const isTaken = standing === "waiting";
    this.#handedOver = null;
    this.#beatsNext = isTaken ? 1 : Math.min(patienceMax, 2 * this.#beatsNext);
    this.#beatsLeft = isTaken ? 0 : this.#beatsNext - 1;
  }
}

function shuffled<Item>(items: readonly Item[], random: () => number = Math.random): Item[] {
  const drawn = items.map((item) => ({ item, lot: random() }));
  return drawn.sort((one, other) => one.lot - other.lot).map(({ item }) => item);
}
