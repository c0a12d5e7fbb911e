import type { Chance } from "../../support/crash/load.ts";
import type { ChaosWorld } from "../world.ts";

/** What a fault lays hands on. Two that have one of these in common are never there at the same time. */
export type Part = "owner" | "tentacle" | "api" | "broker" | "store";

/** Mends what was broken. Resolves when Berth has seen that it is mended. */
export type Undo = () => Promise<void>;

export interface Fault {
  /** As it is counted in what a run tells at its end. */
  readonly name: string;
  readonly parts: readonly Part[];
  /**
   * The store forgets, and only the owner of the space has in memory what. Whatever ends the owner or keeps it from writing waits
   * until that is done: nobody can bring back what nobody remembers.
   */
  readonly needsMemory: boolean;
  /** Resolves when it is broken, and some work was done or tried meanwhile. */
  readonly befall: (world: ChaosWorld, chance: Chance) => Promise<Undo>;
}

/** Nothing is left to be mended. */
export const mended: Undo = async () => {};
