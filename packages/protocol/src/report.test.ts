import { expect, test } from "vitest";
import { AttemptReport } from "./report.ts";

const failure = { type: "Unreadable", value: "no", text: null };

test.each([
  { type: "started" },
  { type: "finished", outcome: { type: "canceled" } },
  { type: "rejected", reason: "draining" },
  { type: "rejected", reason: "unsupported", failure },
])("takes the report %j", (report) => {
  expect(AttemptReport.parse(report)).toEqual(report);
});

test.each([
  { type: "rejected", reason: "unsupported" },
  { type: "rejected", reason: "draining", failure },
  { type: "rejected", reason: "tired" },
])("refuses the report %j", (report) => {
  expect(AttemptReport.safeParse(report).success).toBe(false);
});
