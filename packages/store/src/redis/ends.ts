/** A task that ended: when, and which. */
export type EndedTask = readonly [endedAt: number, id: string];

const groupSize = 256;
/** So much later than the first of its group an end may be: groups are deleted one after the other. */
const groupSpanMs = 1000;

/**
 * The order of ends, for retention. It is kept by the group, since an entry for each task in a sorted set would cost
 * each of them more than to be written. A group has the time of its first end and a text that lists all, in their order.
 */
export function groupsOfEnds(ended: readonly EndedTask[]): string[] {
  const groups: string[] = [];
  let group: EndedTask[] = [];
  for (const end of ended.toSorted(([one], [other]) => one - other)) {
    const [first] = group;
    if (first !== undefined && (group.length === groupSize || end[0] - first[0] > groupSpanMs)) {
      groups.push(...entryOf(group));
      group = [];
    }
    group.push(end);
  }
  return group.length === 0 ? groups : [...groups, ...entryOf(group)];
}

/** Score and member; twice '' for no group. */
export function entryOf(group: readonly EndedTask[]): readonly [score: string, member: string] {
  const [first] = group;
  return first === undefined ? ["", ""] : [String(first[0]), JSON.stringify(group)];
}

export function readGroup(member: string): EndedTask[] {
  return JSON.parse(member) as EndedTask[];
}
