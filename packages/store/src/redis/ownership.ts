import {
  type EpochStart,
  epochsKept,
  type OwnerLease,
  type Ownership,
  type SpaceHistory,
  StoreError,
} from "../port.ts";
import { list, UnexpectedAnswer } from "./answer.ts";
import type { Argument } from "./connection.ts";
import type { Keys } from "./keys.ts";
import type { Writer } from "./writer.ts";

type NewLease = OwnerLease & { readonly epochAbove?: number };
type HeldLease = OwnerLease & { readonly epoch: number };

/** Who owns a space, and who has. */
export class Owners {
  readonly #writer: Writer;
  readonly #keys: Keys;

  constructor(writer: Writer, keys: Keys) {
    this.#writer = writer;
    this.#keys = keys;
  }

  async acquire(request: NewLease): Promise<Ownership | null> {
    const { space, owner, at, leaseMs, epochAbove = 0 } = request;
    await this.#list(space);
    const args: Argument[] = [owner, at, leaseMs, epochAbove, epochsKept];
    const answer = await this.#writer.runDurably("acquire", space, args, (type) => type === "acquired");
    switch (answer.type) {
      case "acquired":
        return { epoch: Number(answer.values[0]), sequence: Number(answer.values[1]) };
      case "owned":
        return null;
      default:
        throw new UnexpectedAnswer("acquire", answer);
    }
  }

  async renew({ space, owner, epoch, at, leaseMs }: HeldLease): Promise<number | null> {
    await this.#list(space);
    const answer = await this.#writer.run("renew", space, [owner, epoch, at, leaseMs]);
    return answer.type === "renewed" ? Number(answer.values[0]) : null;
  }

  async release(request: {
    readonly space: string;
    readonly owner: string;
    readonly epoch: number;
  }): Promise<void> {
    await this.#writer.run("release", request.space, [request.owner, request.epoch]);
  }

  async history(space: string): Promise<SpaceHistory> {
    const answer = await this.#writer.connection(space).run("history", this.#keys.tag(space), []);
    if (!Array.isArray(answer)) throw new UnexpectedAnswer("history", answer);
    const [sequence, leaseUntil, epochs] = answer as unknown[];
    const figures = { sequence: Number(sequence), leaseUntil: Number(leaseUntil) };
    return { ...figures, epochs: list("history", epochs).map(readEpoch) };
  }

  /**
   * Again and again, since what lists the spaces may be on another server than the space, and go backwards alone. A Redis
   * that is full has the next time.
   */
  async #list(space: string): Promise<void> {
    try {
      await this.#writer.connection(space).call("sadd", this.#keys.spaces, space);
    } catch (error) {
      if (!(error instanceof StoreError && error.code === "store_full")) throw error;
    }
  }
}

export function writeEpoch({ epoch, owner, sequence }: EpochStart): string {
  return `${epoch} ${sequence} ${owner}`;
}

function readEpoch(text: string): EpochStart {
  const [, epoch, sequence, owner] = /^(\d+) (\d+) (.*)$/s.exec(text) ?? [];
  if (owner === undefined) throw new UnexpectedAnswer("history", text);
  return { epoch: Number(epoch), owner, sequence: Number(sequence) };
}
