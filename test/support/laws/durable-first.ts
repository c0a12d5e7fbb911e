import { setImmediate } from "node:timers/promises";
import { type DispatcherScene, submit } from "../dispatcher/scene.ts";
import { Gate, type JournalEntry } from "../dispatcher/watched-ports.ts";

/** Turns of the event loop in which anything that does not wait for the commit would have come out. */
const turns = 50;

/**
 * Law 9 on a live dispatcher: a commit that decides answers, a delivery, an order and a notice is held back, and
 * whatever was sent or acknowledged before it is durable is a finding. Fails where not all of it comes afterwards.
 */
export async function sentTooEarly(
  scene: DispatcherScene,
  afterSetup: () => Promise<void> = async () => {},
): Promise<string[]> {
  const worker = await scene.worker();
  const user = await scene.user("ada");
  await user.ask(submit("t-running"));
  const running = await worker.delivery("t-running");
  await worker.report(running, { type: "started" });
  await scene.untilState("t-running", "running");
  await user.ask({ type: "watch", task: "t-running", until: Date.now() + 3_600_000 });

  await afterSetup();
  const gate = new Gate();
  scene.watched.rule = gate.rule;
  const from = scene.journal.entries.length;
  const [enqueued, cancelled] = await user.send(submit("t-new"), {
    type: "cancel",
    task: "t-running",
    by: "ada",
    reason: "",
  });
  await gate.reached;
  for (let turn = 0; turn < turns; turn += 1) await setImmediate();
  const early = scene.journal.entries.slice(from).filter(isOutward).map(describe);
  gate.open();
  await Promise.all([user.reply(enqueued!), user.reply(cancelled!), worker.delivery("t-new")]);
  await worker.until(() => worker.orders.some(({ type }) => type === "cancel"));
  await user.until(() => user.notices.some(({ state }) => state === "cancelling"));
  await scene.journal.until(() => scene.journal.entries.slice(from).some(({ type }) => type === "acked"));
  return early;
}

function isOutward({ type }: JournalEntry): boolean {
  return type === "published" || type === "acked" || type === "nacked";
}

function describe(entry: JournalEntry): string {
  return "queue" in entry ? `${entry.type} ${entry.queue}: ${entry.text}` : entry.type;
}
