import type { TargetPolicy, TargetView } from "@berth/protocol";
import type { Paint } from "./paint.ts";
import { type Column, factLines, tableLines } from "./table.ts";
import { relativeText } from "./time-text.ts";

type Session = TargetView["sessions"][number];

function isOnline({ sessions }: TargetView): boolean {
  return sessions.length > 0;
}

/** `runbook=shared attempts: deploy=3` */
export function policyText({
  modes,
  attempts,
  lanes,
  onUnknownResult,
  allowLessIsolation,
}: TargetPolicy): string {
  const parts = [
    perKindText("", modes),
    perKindText("attempts ", attempts),
    perKindText("lane ", lanes),
    perKindText("unknown result ", onUnknownResult),
    allowLessIsolation === false ? "no less isolation" : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function perKindText(
  title: string,
  values: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== undefined);
  return pairs.length === 0 ? "" : title + pairs.map(([kind, value]) => `${kind}=${value}`).join(" ");
}

export function targetColumns(): readonly Column<TargetView>[] {
  return [
    { title: "NAME", text: ({ name }) => name, style: () => "strong" },
    {
      title: "STATE",
      text: (target) => (isOnline(target) ? "online" : "offline"),
      style: (target) => (isOnline(target) ? "good" : "bad"),
    },
    { title: "TENTACLE", text: ({ sessions }) => sessions.map(tentacleText).join(", "), mayShrink: true },
    { title: "TAGS", text: ({ tags }) => tags.join(" "), mayShrink: true },
    { title: "POLICY", text: ({ policy }) => policyText(policy), mayShrink: true },
    {
      title: "QUARANTINED",
      text: ({ quarantines }) => quarantines.map(({ mutex }) => mutex).join(" "),
      style: () => "bad",
    },
  ];
}

function tentacleText({ tentacle, version, draining }: Session): string {
  return `${tentacle} ${version}${draining ? " (draining)" : ""}`;
}

export function targetLines(target: TargetView, now: number, paint: Paint): string[] {
  const { name, policy, tags, sessions, quarantines } = target;
  const online = isOnline(target);
  const policyOrDefault = policyText(policy) || "the defaults of each kind";
  return [
    `${paint("strong", name)}: ${paint(online ? "good" : "bad", online ? "online" : "offline")}`,
    "",
    ...factLines(
      [
        ["Tags", tags.join(" ")],
        ["Policy", policyOrDefault],
      ],
      paint,
    ),
    ...section(
      sessions,
      [
        { title: "SESSION", text: ({ id }) => id },
        { title: "TENTACLE", text: tentacleText },
        { title: "OPENED", text: ({ openedAt }) => relativeText(openedAt, now) },
      ],
      paint,
    ),
    ...section(
      quarantines,
      [
        { title: "QUARANTINED", text: ({ mutex }) => mutex, style: () => "bad" },
        { title: "LEG THAT MAY STILL RUN", text: ({ leg }) => leg },
        { title: "TENTACLE", text: ({ tentacle }) => tentacle },
        { title: "SINCE", text: ({ since }) => relativeText(since, now) },
      ],
      paint,
    ),
    ...quarantines.map(({ mutex }) => `Once it has ended: berth quarantine release ${name} --mutex ${mutex}`),
  ];
}

function section<Row>(rows: readonly Row[], columns: readonly Column<Row>[], paint: Paint): string[] {
  return rows.length === 0 ? [] : ["", ...tableLines(rows, columns, undefined, paint)];
}
