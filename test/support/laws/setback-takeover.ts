import { setImmediate } from "node:timers/promises";
import { type InboxUser, type InboxWorker, type ItemWish, space } from "../dispatcher/inbox-user.ts";
import { type DispatcherScene, submit } from "../dispatcher/scene.ts";

const hour = 3_600_000;
const usurper = "usurper";

/** Somebody else takes the space, as it is, and begins to commit. Returns how to give it back. */
export async function usurp(scene: DispatcherScene): Promise<() => Promise<void>> {
  const { store } = scene;
  const lease = { space, owner: usurper, at: Date.now() + hour, leaseMs: hour };
  const ownership = await store.acquire(lease);
  if (ownership === null) throw new Error("the space could not be taken");
  const owner = { space, owner: usurper, epoch: ownership.epoch };
  const { counters } = await store.load(space);
  await store.commit({ ...owner, sequence: ownership.sequence + 1, at: 0, changes: [], counters });
  return () => store.release(owner);
}

export interface Takeover {
  readonly user: InboxUser;
  readonly worker: InboxWorker;
  /** What is not as it should be. */
  readonly findings: string[];
}

/**
 * Laws 3, 8 and 9: the store loses everything, and another owner takes the space over before its owner, who had answered
 * and run tasks, has noticed. What had been answered is there for whoever comes next; what had ended has ended as it
 * had, and does not run again, nor does a deploy that may be running.
 */
export async function findingsAfterTakeover(scene: DispatcherScene): Promise<Takeover> {
  const user = await scene.user("ada");
  const worker = await scene.worker();
  const kept = await beginTasks(user, worker);
  await scene.forgetful.forgetEverything();
  const release = await usurp(scene);
  const from = scene.journal.entries.length;
  const [item] = await user.send({ type: "explain", task: "t-ended" });
  await scene.logged("another dispatcher owns space");
  await scene.logged("is in the inbox again");
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
  const findings = scene.journal.entries
    .slice(from)
    .filter(({ type }) => type === "acked")
    .map(({ type }) => `the deposed one has ${type} something`);
  await release();
  await user.reply(item ?? "");
  await worker.broker.stop();
  const successor = await scene.worker();
  await user.ask(liftHold);
  await successor.delivery("t-job");
  await successor.delivery("t-waiting");
  for (const [task, state] of kept) {
    const now = await scene.stateOf(task);
    if (now !== state) findings.push(`${task} was ${state} and is ${now}`);
  }
  for (const task of ["t-ended", "t-canceled", "t-deploy"]) {
    if (successor.deliveries.some((delivery) => delivery.task === task)) findings.push(`${task} runs again`);
  }
  return { user, worker: successor, findings };
}

/**
 * Law 3 where somebody waits for the space: when the store loses everything, its owner makes it whole, and the one who
 * waits does not take it as it is.
 */
export async function findingsWhileAnotherWaits(scene: DispatcherScene): Promise<string[]> {
  const settings = { ownerLeaseMs: 400 };
  const owner = scene.dispatcher({ settings });
  await owner.start();
  const user = await scene.user("ada");
  await user.ask({ type: "target.put", target: "web-1", policy: {}, tags: [] });
  await user.ask(submit("t-1"));
  const waiting = scene.dispatcher({ owner: "owner-2", settings });
  void waiting.start();
  await scene.logged("waiting for it");
  await scene.forgetful.forgetEverything();
  await scene.logged("OOPS StoreWentBackwards");
  const findings: string[] = [];
  if (scene.log.filter(({ msg }) => msg === "owns the space").length > 1)
    findings.push("the other one took it");
  if ((await scene.stateOf("t-1")) !== "waiting") findings.push("t-1 is lost");
  return findings;
}

const liftHold: ItemWish = { type: "hold.lift", hold: "h-1", by: "ada" };

/** Returns the tasks whose end is known, with it. */
async function beginTasks(user: InboxUser, worker: InboxWorker): Promise<Map<string, string | null>> {
  await user.ask(submit("t-ended", { kind: "deploy" }));
  await worker.succeed(await worker.delivery("t-ended"));
  await user.ask(submit("t-job", { mutex: "job" }));
  await worker.report(await worker.delivery("t-job"), { type: "started" });
  await user.ask(submit("t-deploy", { kind: "deploy", mutex: "deploy" }));
  await worker.report(await worker.delivery("t-deploy"), { type: "started" });
  await user.ask(hold);
  await user.ask(submit("t-waiting"));
  await user.ask(submit("t-canceled"));
  await user.ask({ type: "cancel", task: "t-canceled", by: "ada", reason: "" });
  return new Map([
    ["t-ended", "succeeded"],
    ["t-canceled", "canceled"],
    ["t-deploy", "canceled"],
  ]);
}

const hold: ItemWish = {
  ...{ type: "hold.place", hold: "h-1", owner: "ada", reason: "for the test" },
  ...{ scope: { kinds: [], names: [], targets: [], tags: [] } },
  ...{ from: null, until: null, longerThanMs: null },
};
