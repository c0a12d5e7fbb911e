import { overlapCount } from "./evidence.ts";
import type { Stage } from "./stage.ts";
import { target } from "./stage.ts";
import type { Findings } from "./story.ts";

/** How long after the hold was announced it begins: longer than the short job, shorter than the long one. */
const windowMs = 15_000;

/** A hold begins later today. Until then starts only what will be over by then. */
export async function workBeforeAWindow(
  stage: Stage,
): Promise<Pick<Findings, "longJobStoppedByWindow" | "shortJobRanBeforeWindow">> {
  stage.tell(`5. Ben announces a hold on jobs that begins in ${windowMs / 1_000} s: a window.`);
  const from = Date.now() + windowMs;
  const hold = await stage.client.holds.place({
    scope: { kinds: ["job"], targets: [target] },
    owner: "ben",
    reason: "the switch is replaced",
    from: new Date(from),
  });
  const script = stage.script("sleep 0.2");
  const long = await stage.enqueue({ kind: "job", name: "reindex", estimateMs: 60_000, script });
  const short = await stage.enqueue({ kind: "job", name: "rotate logs", estimateMs: 1_000, script });
  await stage.client.waitFor(short);
  const [run] = await stage.evidence.runsOf(short);
  const shortJobRanBeforeWindow = run !== undefined && run.endedAt !== null && run.endedAt < from;
  stage.tell("   A job of a second, enqueued after one of a minute, has run. And the one of a minute?");
  const { summary, codes } = await stage.why(long);
  const longJobStoppedByWindow =
    codes.includes("held") && Date.now() < from && (await stage.evidence.runsOf(long)).length === 0;
  stage.tell(`   berth why: ${summary}`);
  await stage.client.holds.lift(hold.id);
  await stage.client.waitFor(long);
  stage.tell("   Ben changes his mind and lifts the hold: the long job runs.");
  return { longJobStoppedByWindow, shortJobRanBeforeWindow };
}

/** A task on two machines that must start on both at one instant. */
export async function startTogether(
  stage: Stage,
  other: string,
): Promise<Pick<Findings, "togetherStartedAtOnce">> {
  stage.tell(`6. A failover concerns "${target}" and "${other}" together. "${other}" is busy with a deploy.`);
  const before = await stage.enqueue({
    kind: "deploy",
    name: "cache",
    target: other,
    script: stage.script("sleep 1.5"),
  });
  await stage.reached(before, "running");
  const together = await stage.enqueue({
    kind: "deploy",
    name: "failover",
    targets: [target, other],
    rollout: { type: "together" },
    script: stage.script("sleep 0.7"),
  });
  stage.tell(`   berth why: ${(await stage.why(together)).summary}`);
  await stage.client.waitFor(together);
  const [runBefore] = await stage.evidence.runsOf(before);
  const runs = await stage.evidence.runsOf(together);
  const grantedAt = new Set((await stage.legs(together)).map((leg) => leg.grantedAt));
  const busyUntil = runBefore?.endedAt ?? Number.NaN;
  const togetherStartedAtOnce =
    runs.length === 2 &&
    grantedAt.size === 1 &&
    overlapCount(runs) === 1 &&
    runs.every((run) => run.startedAt >= busyUntil);
  const apartMs = Math.abs((runs[0]?.startedAt ?? Number.NaN) - (runs[1]?.startedAt ?? Number.NaN));
  stage.tell(
    `   Both were granted at one instant; their scripts started ${apartMs} ms apart, after the deploy had ended.`,
  );
  return { togetherStartedAtOnce };
}
