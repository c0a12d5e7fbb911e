import type { Timing } from "@berth/dispatcher";
import type { Cancel, Scheduler } from "./scheduler.ts";

/**
 * A process on a machine of its own: it can be frozen and killed between any two events, and its clock can be wrong.
 * Whatever comes to it goes through `enter`, so that nothing of it happens while it is frozen, or after its end.
 */
export class Machine implements Timing {
  readonly name: string;
  readonly scheduler: Scheduler;
  #state: "running" | "frozen" | "dead" = "running";
  #clockOffsetMs = 0;
  /** What came while it was frozen, or stands behind that. */
  readonly #backlog: (() => void)[] = [];
  readonly #thawListeners = new Set<() => void>();
  readonly #deathListeners = new Set<() => void>();
  #frozenAt: number | null = null;

  constructor(scheduler: Scheduler, name: string, clockOffsetMs = 0) {
    this.scheduler = scheduler;
    this.name = name;
    this.#clockOffsetMs = clockOffsetMs;
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  get isFrozen(): boolean {
    return this.#state === "frozen";
  }

  /** Since when nothing of it happens; `null` where it runs. */
  get frozenAt(): number | null {
    return this.#frozenAt;
  }

  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  /** Its wall clock, ms since 1970. */
  now(): number {
    return this.scheduler.now + this.#clockOffsetMs;
  }

  elapsed(): number {
    return this.scheduler.now;
  }

  jumpClock(ms: number): void {
    this.#clockOffsetMs += ms;
  }

  /** Runs `run` on this machine: now, or when it is thawed, or never. */
  enter(run: () => void): void {
    if (this.#state === "dead") return;
    if (this.#state === "frozen" || this.#backlog.length > 0) this.#backlog.push(run);
    else run();
  }

  after(ms: number, run: () => void): Cancel {
    let isCancelled = false;
    const cancelEvent = this.scheduler.after(ms, this.name, () => {
      this.enter(() => {
        if (!isCancelled) run();
      });
    });
    return () => {
      isCancelled = true;
      cancelEvent();
    };
  }

  every(ms: number, run: () => void): Cancel {
    let cancel: Cancel = () => {};
    const arm = (): void => {
      cancel = this.after(ms, () => {
        arm();
        run();
      });
    };
    arm();
    return () => cancel();
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  freeze(): void {
    if (this.#state !== "running") return;
    this.#state = "frozen";
    this.#frozenAt = this.scheduler.now;
  }

  /** First it looks at its steady clock (`onThaw`), then at what has come meanwhile, piece by piece. */
  thaw(): void {
    if (this.#state !== "frozen") return;
    this.#state = "running";
    for (const listener of [...this.#thawListeners]) listener();
    this.#frozenAt = null;
    this.#workOff();
  }

  kill(): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    this.#backlog.length = 0;
    for (const listener of [...this.#deathListeners]) listener();
  }

  onThaw(listener: () => void): Cancel {
    this.#thawListeners.add(listener);
    return () => this.#thawListeners.delete(listener);
  }

  /** What others notice of its end: a process cannot see its own. */
  onDeath(listener: () => void): Cancel {
    this.#deathListeners.add(listener);
    return () => this.#deathListeners.delete(listener);
  }

  #workOff(): void {
    if (this.#backlog.length === 0) return;
    this.scheduler.after(0, this.name, () => {
      if (this.#state !== "running") return;
      this.#backlog.shift()?.();
      this.#workOff();
    });
  }
}
