import type { LegView, TaskView } from "@berth/protocol";
import { oneLine } from "./text.ts";
import { targetsText } from "./work.ts";

type Parking = NonNullable<LegView["parking"]>;
type Legs = Pick<TaskView, "legs">;

/** Why those legs are parked that are. */
export function parkingsOf({ legs }: Legs): readonly Parking[] {
  return legs.flatMap(({ state, parking }) => (state === "parked" && parking !== null ? [parking] : []));
}

/** `a decision`, or `failures with 1.4.0, 1.4.1` */
export function parkedForText(task: Legs): string {
  const texts = parkingsOf(task).map((parking) =>
    parking.for === "decision" ? "a decision" : `failures with ${parking.versions.join(", ")}`,
  );
  return [...new Set(texts)].join("; ");
}

/** One line for all legs that are parked alike. */
export function parkingLines({ legs }: Legs): string[] {
  const alike = new Map<string, string[]>();
  for (const leg of legs) {
    if (leg.state !== "parked" || leg.parking === null) continue;
    const text = parkingText(leg.parking);
    alike.set(text, [...(alike.get(text) ?? []), leg.target]);
  }
  return [...alike].map(([text, targets]) => `${targetsText(targets)}: parked for ${text}`);
}

function parkingText(parking: Parking): string {
  const alike = `fingerprint ${oneLine(parking.fingerprint)}`;
  if (parking.for === "decision") return `a decision, since nobody knows how it ended; ${alike}`;
  return `its failures with version ${parking.versions.join(", ")}, until there is another; ${alike}`;
}

/** The ways out for somebody who looks at a parked task. */
export function decideText({ id, legs }: Pick<TaskView, "id" | "legs">): string {
  const release = `berth dead release ${id}`;
  const discard = `berth dead discard ${id}`;
  if (!parkingsOf({ legs }).some((parking) => parking.for === "decision")) {
    return `Decide with: ${release}, or ${discard}`;
  }
  const decide = `berth dead decide ${id} --result succeeded|failed --reason TEXT`;
  return `Decide with: ${release}, ${decide}, or ${discard}`;
}
