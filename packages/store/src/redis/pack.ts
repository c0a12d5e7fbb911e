import type { LegRecord, OopsRecord, TaskRecord, TaskStatus } from "@berth/engine";
import type { NewLogLine, StoreChange } from "../port.ts";
import { isEndCode, stateCode, stateCount, succeededState, waitingState } from "./codes.ts";
import { type EndedTask, groupsOfEnds } from "./ends.ts";
import { encodeLeg, encodeStatus, formOf, severalTargets, unsaid } from "./form.ts";
import { ItemChanges } from "./item-changes.ts";
import { encodeRecord } from "./record.ts";
import { signatureOf } from "./signature.ts";

/** What the changes of one task come to. */
interface TaskChange {
  added: TaskRecord | null;
  status: TaskStatus | null;
  /** The first leg that changed: nearly always the only one. */
  leg: LegRecord | null;
  /** The others, by target. */
  moreLegs: Map<string, LegRecord> | null;
  payload: string | null;
}

export interface Batch {
  /** What the scripts take: see `batch.lua`. */
  readonly args: readonly string[];
  /** What makes it invalid whatever is stored, if anything. */
  readonly defect: string | null;
}

/** Those of new tasks stand before those of known ones. */
interface Forms {
  readonly new: string[];
  readonly changed: string[];
}

/**
 * Brings changes into the form in which they are stored, and what goes into one hash behind each other, so that the
 * script, which blocks Redis, has little left to do for each of them. What changes several times is written once.
 */
export function packChanges(changes: readonly StoreChange[]): Batch {
  const packing = new Packing();
  for (const change of changes) packing.take(change);
  return packing.finish();
}

class Packing {
  readonly #tasks = new Map<string, TaskChange>();
  readonly #items = new ItemChanges();
  readonly #lines = new Map<string, NewLogLine[]>();
  readonly #oops: OopsRecord[] = [];
  #defect: string | null = null;

  readonly #records: string[] = [];
  readonly #active: Forms = { new: [], changed: [] };
  readonly #waiting: Forms = { new: [], changed: [] };
  readonly #ended: Forms = { new: [], changed: [] };
  readonly #parts: string[] = [];
  readonly #newLegs: string[] = [];
  readonly #moreLegs: string[] = [];
  readonly #newPayloads: string[] = [];
  readonly #morePayloads: string[] = [];
  readonly #unsuccessful: string[] = [];
  readonly #ends: EndedTask[] = [];
  readonly #to: number[] = new Array<number>(stateCount).fill(0);
  #ids = "";
  #signatures = "";

  take(change: StoreChange): void {
    switch (change.type) {
      case "task.added":
        this.#add(change.task);
        return;
      case "task.changed":
        this.#change(change.id, change.status);
        return;
      case "leg":
        mergeLeg(this.#of(change.leg.task), change.leg);
        return;
      case "payload":
        this.#of(change.task).payload = change.payload;
        return;
      case "log": {
        const lines = this.#lines.get(change.line.task);
        if (lines === undefined) this.#lines.set(change.line.task, [change.line]);
        else lines.push(change.line);
        return;
      }
      case "oops":
        this.#oops.push(change.oops);
        return;
      default:
        this.#items.take(change);
    }
  }

  #add(task: TaskRecord): void {
    const change = this.#of(task.id);
    this.#refuseAfterEnd(change, `task "${task.id}" is added, and has ended before`);
    change.added = task;
    change.status = task.status;
  }

  #change(id: string, status: TaskStatus): void {
    const change = this.#of(id);
    this.#refuseAfterEnd(change, `task "${id}" changes, and has ended before`);
    change.status = status;
  }

  #refuseAfterEnd({ status }: TaskChange, message: string): void {
    if (status !== null && isEndCode(stateCode(status.state))) this.#defect ??= message;
  }

  #of(id: string): TaskChange {
    let change = this.#tasks.get(id);
    if (change === undefined) {
      change = { added: null, status: null, leg: null, moreLegs: null, payload: null };
      this.#tasks.set(id, change);
    }
    return change;
  }

  finish(): Batch {
    for (const [id, change] of this.#tasks) {
      if (change.added === null) this.#packChanged(id, change);
      else this.#packAdded(change.added, change);
    }
    return { args: this.#arguments(), defect: this.#defect };
  }

  #packAdded(task: TaskRecord, change: TaskChange): void {
    const { id, targets } = task;
    const status = change.status ?? task.status;
    const [target] = targets;
    this.#records.push(id, encodeRecord(task));
    this.#ids += `${JSON.stringify(id)},`;
    this.#signatures += signatureOf(task);
    if (change.payload !== null) this.#newPayloads.push(id, change.payload);
    if (change.leg !== null) this.#expectNamed(task, change.leg);
    if (change.moreLegs !== null) for (const leg of change.moreLegs.values()) this.#expectNamed(task, leg);
    if (targets.length === 1 && target !== undefined) {
      const leg = change.leg === null ? unsaid : encodeLeg(change.leg);
      this.#place("new", id, status, formOf(JSON.stringify(target), encodeStatus(status), leg));
      return;
    }
    this.#place("new", id, status, formOf(severalTargets, encodeStatus(status), unsaid));
    const legs = new Map(legsOf(change).map((leg) => [leg.target, encodeLeg(leg)]));
    for (const each of targets) this.#newLegs.push(id, each, legs.get(each) ?? "");
  }

  #expectNamed({ id, targets }: TaskRecord, { target }: LegRecord): void {
    if (!targets.includes(target))
      this.#defect ??= `there is a leg on "${target}", which task "${id}" does not name`;
  }

  #packChanged(id: string, { status, leg, moreLegs, payload }: TaskChange): void {
    if (payload !== null) this.#morePayloads.push(id, payload);
    const target = leg === null ? unsaid : JSON.stringify(leg.target);
    const legText = leg === null ? unsaid : encodeLeg(leg);
    if (status !== null && leg !== null) {
      this.#place("changed", id, status, formOf(target, encodeStatus(status), legText));
    } else if (status !== null || leg !== null) {
      if (status !== null) this.#noteEnd(id, status);
      this.#parts.push(id, formOf(target, status === null ? unsaid : encodeStatus(status), legText));
    }
    if (moreLegs === null) return;
    for (const each of moreLegs.values()) this.#moreLegs.push(id, each.target, encodeLeg(each));
  }

  #place(as: keyof Forms, id: string, status: TaskStatus, form: string): void {
    const state = stateCode(status.state);
    this.#to[state] = (this.#to[state] ?? 0) + 1;
    this.#noteEnd(id, status);
    if (isEndCode(state)) this.#ended[as].push(id, form);
    else if (state === waitingState) this.#waiting[as].push(id, form);
    else this.#active[as].push(id, form);
  }

  #noteEnd(id: string, { state, endedAt }: TaskStatus): void {
    const code = stateCode(state);
    if (!isEndCode(code)) return;
    this.#ends.push([endedAt ?? 0, id]);
    if (code !== succeededState) this.#unsuccessful.push(id);
  }

  #arguments(): string[] {
    const ends = groupsOfEnds(this.#ends);
    const items = this.#items.pack();
    const counts = [
      ...[this.#active, this.#waiting, this.#ended].map((forms) => forms.new.length / 2),
      ...[this.#active, this.#waiting, this.#ended].map((forms) => forms.changed.length / 2),
      this.#parts.length / 2,
      this.#newLegs.length / 3,
      this.#moreLegs.length / 3,
      this.#newPayloads.length / 2,
      this.#morePayloads.length / 2,
      this.#unsuccessful.length,
      ends.length / 2,
      this.#oops.length,
      items.kinds,
      this.#lines.size,
    ];
    return ([] as string[]).concat(
      [counts.join(" "), this.#to.join(" "), this.#ids, this.#signatures],
      this.#records,
      ...[this.#active, this.#waiting, this.#ended].flatMap((forms) => [forms.new, forms.changed]),
      this.#parts,
      this.#newLegs,
      this.#moreLegs,
      this.#newPayloads,
      this.#morePayloads,
      this.#unsuccessful,
      ends,
      this.#oops.flatMap(packOops),
      items.args,
      [...this.#lines].flatMap(packLines),
    );
  }
}

function mergeLeg(task: TaskChange, leg: LegRecord): void {
  if (task.leg === null || task.leg.target === leg.target) {
    task.leg = leg;
    return;
  }
  task.moreLegs ??= new Map();
  task.moreLegs.set(leg.target, leg);
}

function legsOf({ leg, moreLegs }: TaskChange): LegRecord[] {
  return [...(leg === null ? [] : [leg]), ...(moreLegs === null ? [] : moreLegs.values())];
}

function packOops(oops: OopsRecord): string[] {
  const { id, at, task, target, fingerprint } = oops;
  return [id, String(at), ...[task, target, fingerprint].map(markedValue), JSON.stringify(oops)];
}

/** Tells the empty text from none. */
export function markedValue(value: string | null): string {
  return value === null ? "" : `=${value}`;
}

function packLines([task, lines]: [string, readonly NewLogLine[]]): string[] {
  return [
    task,
    String(lines.length),
    ...lines.flatMap(({ leg, attempt, number, stream, at, text }) => [
      `|${attempt}|${leg}`,
      String(number),
      JSON.stringify([leg, attempt, number, stream, at, text]),
    ]),
  ];
}
