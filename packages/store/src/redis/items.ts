import type {
  HoldRecord,
  QuarantineRecord,
  ScheduleRecord,
  SemaphoreRecord,
  SessionRecord,
  TargetRecord,
} from "@berth/engine";
import { entriesOf } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { isOrdered } from "./item-changes.ts";
import type { Keys } from "./keys.ts";

/** The small sets that are read as a whole. */
export interface Items {
  readonly target: TargetRecord;
  readonly session: SessionRecord;
  readonly hold: HoldRecord;
  readonly quarantine: QuarantineRecord;
  readonly semaphore: SemaphoreRecord;
  readonly schedule: ScheduleRecord;
}

/** In the order in which they came, or of the code points of their ids. */
export async function readItems<Kind extends keyof Items>(
  connection: Connection,
  keys: Keys,
  space: string,
  kind: Kind,
): Promise<Items[Kind][]> {
  const entries = await entriesOf(connection, keys.of(space, kind));
  if (!isOrdered(kind)) {
    return entries
      .sort(([one], [other]) => compareCodePoints(one, other))
      .map(([, text]) => JSON.parse(text) as Items[Kind]);
  }
  return entries
    .map(([, text]) => {
      const cut = text.indexOf("\n");
      return { place: Number(text.slice(0, cut)), item: JSON.parse(text.slice(cut + 1)) as Items[Kind] };
    })
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

/** As UTF-8 sorts, which code units of JavaScript do not beyond the first plane. */
export function compareCodePoints(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
