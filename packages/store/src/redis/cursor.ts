import { StoreError, type TaskQuery } from "../port.ts";

export interface OopsPosition {
  readonly at: number;
  readonly number: number;
}

/** A cursor names the last item of the page before, so that what is added meanwhile moves nothing. */
export function taskCursor(sort: TaskQuery["sort"], number: number): string {
  return `${sort}-${number}`;
}

/** Throws `cursor_invalid`. */
export function readTaskCursor(sort: TaskQuery["sort"], cursor: string | null): number | null {
  if (cursor === null) return null;
  const [, sortBefore, number] = /^(newest|oldest)-(\d{1,16})$/.exec(cursor) ?? [];
  if (number === undefined) throw cursorInvalid(cursor, "is none that this store gave");
  if (sortBefore !== sort)
    throw cursorInvalid(cursor, `is of a page of the ${sortBefore} tasks first; expected ${sort}`);
  return Number(number);
}

export function oopsCursor({ at, number }: OopsPosition): string {
  return `${at}-${number}`;
}

/** Throws `cursor_invalid`. */
export function readOopsCursor(cursor: string | null): OopsPosition | null {
  if (cursor === null) return null;
  const [, at, number] = /^(\d{1,16})-(\d{1,16})$/.exec(cursor) ?? [];
  if (at === undefined || number === undefined) throw cursorInvalid(cursor, "is none that this store gave");
  return { at: Number(at), number: Number(number) };
}

function cursorInvalid(cursor: string, what: string): StoreError {
  return new StoreError("cursor_invalid", `cursor "${cursor}" ${what}; leave it out to start over`);
}
