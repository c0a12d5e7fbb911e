import type { DeadLetterView, OopsView } from "@berth/protocol";
import type { Paint } from "./paint.ts";
import { parkedForText, parkingsOf } from "./parking.ts";
import { type Column, factLines } from "./table.ts";
import { oneLine } from "./text.ts";
import { momentText, relativeText } from "./time-text.ts";
import { targetsText } from "./work.ts";

export function oopsColumns(now: number): readonly Column<OopsView>[] {
  return [
    { title: "ID", text: ({ id }) => id, style: () => "strong" },
    { title: "WHEN", text: ({ at }) => relativeText(at, now) },
    { title: "TYPE", text: ({ type }) => type, style: () => "bad", mayShrink: true },
    { title: "VALUE", text: ({ value }) => value, mayShrink: true },
    { title: "TASK", text: ({ task }) => task ?? "" },
    { title: "TARGET", text: ({ target }) => target ?? "", mayShrink: true },
    { title: "ATTEMPT", text: ({ attempt }) => (attempt === null ? "" : String(attempt)) },
    { title: "THEN", text: ({ consequence }) => consequence ?? "" },
  ];
}

export function oopsLines(oops: OopsView, now: number, paint: Paint): string[] {
  const text = (value: string | number | null): string => oneLine(String(value ?? ""));
  return [
    `${paint("strong", oops.id)}  ${paint("bad", oneLine(oops.type))}: ${oneLine(oops.value)}`,
    "",
    ...factLines(
      [
        ["When", momentText(oops.at, now)],
        ["Then", text(oops.consequence)],
        ["Task", [text(oops.task), text(oops.kind), text(oops.name)].join(" ").trim()],
        ["Target", text(oops.target)],
        ["Attempt", text(oops.attempt)],
        ["Tentacle", [text(oops.tentacle), text(oops.version)].join(" ").trim()],
        ["Fingerprint", text(oops.fingerprint)],
        ["Session", text(oops.session)],
        ["Granted", momentText(oops.grantedAt, now)],
        ["Started", momentText(oops.startedAt, now)],
      ],
      paint,
    ),
    ...(oops.text === null ? [] : ["", ...oops.text.trimEnd().split("\n").map(keepIndent)]),
  ];
}

/** The lines of a trace say much by how far they are indented. */
function keepIndent(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? "";
  return indent + oneLine(line);
}

export function deadLetterColumns(now: number, fingerprints: boolean): readonly Column<DeadLetterView>[] {
  return [
    { title: "ID", text: ({ id }) => id, style: () => "strong" },
    { title: "KIND", text: ({ kind }) => kind },
    { title: "NAME", text: ({ name }) => name, mayShrink: true },
    { title: "TARGET", text: ({ targets }) => targetsText(targets), mayShrink: true },
    { title: "QUEUED", text: ({ queuedAt }) => relativeText(queuedAt, now) },
    { title: "FAILURES", text: ({ legs }) => String(legs.reduce((sum, leg) => sum + leg.failures, 0)) },
    { title: "PARKED FOR", text: parkedForText },
    { title: "WHY", text: whyText, style: () => "bad", mayShrink: true },
    { title: "OOPS", text: ({ oops }) => oops?.id ?? "" },
    ...(fingerprints ? [{ title: "FINGERPRINT", text: fingerprintsText }] : []),
  ];
}

function fingerprintsText(task: DeadLetterView): string {
  return [...new Set(parkingsOf(task).map(({ fingerprint }) => fingerprint))].join("; ");
}

function whyText({ legs, oops }: DeadLetterView): string {
  const reason = legs.find(({ state }) => state === "parked")?.reason;
  return reason ?? (oops === null ? "" : `${oops.type}: ${oops.value}`);
}
