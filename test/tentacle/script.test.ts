import { expect, test } from "vitest";
import { startScene } from "../support/tentacle-scene.ts";

test("a script runs, and its output and its end are reported in order", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script("echo one; echo two >&2; sleep 0.05; echo three");
  await dispatcher.reported(delivery, "finished");
  const reports = dispatcher.reports(delivery);
  expect(reports[0]).toEqual({ type: "started" });
  expect(reports.at(-1)).toEqual({ type: "finished", outcome: { type: "succeeded", exitCode: 0 } });
  expect(dispatcher.text(delivery)).toEqual(["one", "three"]);
  expect(dispatcher.text(delivery, "stderr")).toEqual(["two"]);
  expect(dispatcher.output(delivery).map(({ number }) => number)).toEqual([1, 2, 3]);
});
