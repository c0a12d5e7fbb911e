import type { ReplyBody } from "@berth/protocol";
import type { InboxUser, InboxWorker } from "../dispatcher/inbox-user.ts";
import { type DispatcherScene, submit } from "../dispatcher/scene.ts";

/** Waves of tasks; the store goes backwards in the midst of each. */
const waves = 4;
const tasksPerWave = 6;

/**
 * Laws 3 and 8 over a store that goes backwards under load: each task that was taken is run once and has ended, and
 * each sender is answered once. Returns what is not so. `setback` is called with the number of the wave and with what was
 * written before the first of them.
 */
export async function findingsAfterSetbacks(
  scene: DispatcherScene,
  setback: (wave: number, written: number) => Promise<void>,
): Promise<string[]> {
  const worker = await scene.worker();
  const user = await scene.user("ada");
  const stopWorking = workOff(worker);
  const { written } = scene.forgetful;
  const asked = new Map<string, string>();
  for (let wave = 0; wave < waves; wave += 1) {
    const ids = Array.from({ length: tasksPerWave }, (_, index) => `t-${wave}-${index}`);
    for (const id of ids) asked.set(await send(user, id), id);
    // Some of them have ended by then, some are on their way.
    await scene.untilState(`t-${wave}-1`, "succeeded");
    await setback(wave, written);
  }
  // What comes last is granted and reported last.
  asked.set(await send(user, "t-last"), "t-last");
  await scene.untilState("t-last", "succeeded");
  stopWorking();
  const findings: string[] = [];
  for (const [item, task] of asked) {
    const answers = user.replies.get(item) ?? [];
    const state = await scene.stateOf(task);
    const runs = new Set(worker.deliveries.filter((each) => each.task === task).map(({ token }) => token));
    if (answers.length !== 1 || !answers.every(isTaken)) findings.push(`${task}: ${JSON.stringify(answers)}`);
    if (state !== "succeeded") findings.push(`${task} is ${state}`);
    if (runs.size !== 1) findings.push(`${task} ran ${runs.size} times`);
  }
  return findings;
}

async function send(user: InboxUser, id: string): Promise<string> {
  const [item] = await user.send(submit(id, { kind: "deploy", mutex: id }));
  if (item === undefined) throw new Error("nothing was sent");
  return item;
}

function isTaken(answer: ReplyBody): boolean {
  return answer.type === "submitted" && !answer.existing;
}

/** Runs whatever comes, at once and once. Returns how to stop. */
export function workOff(worker: InboxWorker): () => void {
  const seen = new Set<string>();
  let isStopped = false;
  const work = async (): Promise<void> => {
    for (let next = 0; !isStopped; next += 1) {
      const delivery = await worker.until(() => isStopped || worker.deliveries[next]);
      if (delivery === true || seen.has(delivery.token)) continue;
      seen.add(delivery.token);
      await worker.report(delivery, { type: "started" });
      await worker.succeed(delivery);
    }
  };
  void work();
  return () => {
    isStopped = true;
    worker.announce();
  };
}
