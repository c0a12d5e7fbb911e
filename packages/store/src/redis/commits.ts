import {
  type Commit,
  type CommitOutcome,
  epochsKept,
  type StagedPart,
  type StageOutcome,
  StoreError,
} from "../port.ts";
import { type Answer, UnexpectedAnswer } from "./answer.ts";
import type { Argument } from "./connection.ts";
import { writeEpoch } from "./ownership.ts";
import { type Batch, packChanges } from "./pack.ts";
import type { Writer } from "./writer.ts";

/** Writes what the owner of a space decided. */
export class Commits {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  async commit(commit: Commit): Promise<CommitOutcome> {
    const batch = packChanges(commit.changes);
    const answer =
      commit.parts === undefined || commit.parts === 0
        ? await this.#whole(commit, batch)
        : await this.#inParts(commit, commit.parts, batch);
    return commitOutcome(answer);
  }

  /** What is wrong in itself is told after what is wrong with the owner or the sequence, which an empty batch shows. */
  async #whole(commit: Commit, { args, defect }: Batch): Promise<Answer> {
    const { space, owner, epoch, sequence, counters } = commit;
    if (defect !== null) return await this.#refuse(commit, defect);
    const all: Argument[] = [owner, epoch, sequence, counters.order, counters.token];
    return await this.#writer.runDurably("commit", space, all.concat(args), (type, [stored]) =>
      isWritten(type, stored, sequence),
    );
  }

  /**
   * Looks at one part after the other, seals them all, and has them carried out. Only the seal decides, and it is refused
   * when anything was committed since.
   */
  async #inParts(commit: Commit, parts: number, { args, defect }: Batch): Promise<Answer> {
    const { space, owner, epoch, sequence, counters, epochsBefore = [] } = commit;
    if (defect !== null) return await this.#refuse(commit, defect);
    for (let part = 1; part <= parts; part += 1) {
      const check = await this.#writer.run("check", space, [owner, epoch, sequence, parts, part]);
      if (check.type !== "checked") return await this.#madeDurable(commit, check);
    }
    const head: Argument[] = [owner, epoch, sequence, counters.order, counters.token, parts];
    const epochs = epochsBefore.map(writeEpoch);
    const all = head.concat(epochs.length, epochs, epochsKept, args);
    const answer = await this.#writer.runDurably("seal", space, all, (type) => type === "committed");
    if (answer.type !== "committed") return answer;
    await this.#writer.carryOut(space);
    return answer;
  }

  /** Asked for again after it was written: then it must be durable too, which the commit script waits for. */
  async #madeDurable(commit: Commit, check: Answer): Promise<Answer> {
    if (check.type !== "out-of-sequence") return check;
    return await this.#whole(commit, packChanges([]));
  }

  async #refuse({ space, owner, epoch, sequence }: Commit, defect: string): Promise<Answer> {
    const answer = await this.#writer.run("fence", space, [owner, epoch, sequence]);
    return answer.type === "next" ? { type: "invalid", values: [defect] } : answer;
  }

  async stage({ space, owner, epoch, part, changes }: StagedPart): Promise<StageOutcome> {
    const { args, defect } = packChanges(changes);
    if (defect !== null) throw invalid(defect);
    const head: Argument[] = [owner, epoch, part];
    const answer = await this.#writer.run("stage", space, head.concat(args));
    const [value] = answer.values;
    switch (answer.type) {
      case "staged":
        return { type: "staged" };
      case "deposed":
        return { type: "deposed", epoch: Number(value) };
      case "out-of-sequence":
        return { type: "out-of-sequence", stored: Number(value) };
      default:
        throw new UnexpectedAnswer("stage", answer);
    }
  }
}

function isWritten(type: string, stored: string | undefined, sequence: number): boolean {
  return type === "committed" || (type === "out-of-sequence" && stored === String(sequence));
}

function commitOutcome(answer: Answer): CommitOutcome {
  const [value = ""] = answer.values;
  switch (answer.type) {
    case "committed":
      return { type: "committed" };
    case "deposed":
      return { type: "deposed", epoch: Number(value) };
    case "out-of-sequence":
      return { type: "out-of-sequence", stored: Number(value) };
    case "parts-missing":
      return { type: "parts-missing", staged: Number(value) };
    case "invalid":
      throw invalid(value);
    default:
      throw new UnexpectedAnswer("commit", answer);
  }
}

function invalid(defect: string): StoreError {
  return new StoreError("commit_invalid", `${defect}; nothing of the commit was written`);
}
