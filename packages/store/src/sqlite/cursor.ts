import { StoreError, type TaskQuery } from "../port.ts";
import type { OopsPosition } from "./requests.ts";

/** A cursor names the last item of the page before, so that what is added meanwhile moves nothing. */
export function taskCursor(sort: TaskQuery["sort"], number: number): string {
  return `${sort}-${number}`;
}

/** Throws `cursor_invalid`. */
export function readTaskCursor(sort: TaskQuery["sort"], cursor: string | null): number | null {
  if (cursor === null) return null;
  const [, sortBefore, number] = /^(newest|oldest)-(\d{1,16})$/.exec(cursor) ?? [];
  if (number === undefined) throw cursorInvalid(cursor);
  if (sortBefore !== sort) {
    throw new StoreError(
      "cursor_invalid",
      `cursor "${cursor}" is of a page of the ${sortBefore} tasks first; expected one of the ${sort} first`,
    );
  }
  return Number(number);
}

export function oopsCursor({ at, number }: OopsPosition): string {
  return `${at}-${number}`;
}

/** Throws `cursor_invalid`. */
export function readOopsCursor(cursor: string | null): OopsPosition | null {
  if (cursor === null) return null;
  const [, at, number] = /^(\d{1,16})-(\d{1,16})$/.exec(cursor) ?? [];
  if (at === undefined || number === undefined) throw cursorInvalid(cursor);
  return { at: Number(at), number: Number(number) };
}

function cursorInvalid(cursor: string): StoreError {
  return new StoreError(
    "cursor_invalid",
    `cursor "${cursor}" is none that this store gave; leave it out to start over`,
  );
}
