/**
 * The number of a task is that of its space times `placesPerSpace` plus its place in the order of submit. So the tasks
 * of a space are one range of the table and of every index that ends with the number, no index needs the space in
 * front, and to add a task is to append. Numbers stay whole in a JavaScript number: 16,383 spaces, and 17 years of
 * 1,000 tasks a second in each.
 */
const placesPerSpace = 2 ** 39;
export const spacesMax: number = 2 ** 14 - 1;

export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

export function rangeOfSpace(space: number): NumberRange {
  return { from: space * placesPerSpace, to: (space + 1) * placesPerSpace - 1 };
}

/** Tasks per block of `taskTimes`. */
export const blockSize = 8192;
