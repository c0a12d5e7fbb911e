import { StoreError } from "@berth/store";
import { type DispatcherScene, submit } from "../dispatcher/scene.ts";
import { Gate } from "../dispatcher/watched-ports.ts";
import { eventually } from "../eventually.ts";

/**
 * Law 3 over a store that fails now and then, and a dispatcher that dies while it does: each submit that was answered as
 * taken is stored, and each that was sent is answered in the end. Returns the ids of those that are lost.
 */
export async function lostSubmits(scene: DispatcherScene): Promise<string[]> {
  const user = await scene.user("ada");
  let commits = 0;
  scene.watched.rule = async (_commit, pass) => {
    commits += 1;
    // Two in a row at times: whatever is built upon a commit that failed must fail as well.
    if (commits % 5 === 1 || commits % 5 === 2) throw new StoreError("store_unreachable", "for a moment");
    return pass();
  };
  const lasts: string[] = [];
  const items = new Map<string, string>();
  for (let nth = 0; nth < submits; nth += 1) {
    const [item] = await user.send(submit(`t-${nth}`));
    items.set(item!, `t-${nth}`);
    if (nth % 3 === 0) await scene.journal.until(() => scene.journal.commits.length > nth / 3);
  }
  await crashInTheMidst(scene, async () => {
    const [item] = await user.send(submit("t-crash"));
    items.set(item!, "t-crash");
  });
  scene.watched.rule = (_commit, pass) => pass();
  // What comes last is answered last: then whatever was to be answered has been.
  await eventually("an answer", async () => {
    const [last] = await user.send(submit(`t-last-${user.replies.size}-${commits++}`));
    lasts.push(last!);
    return lasts.some((id) => user.replies.has(id));
  });
  const lost: string[] = [];
  for (const [item, task] of items) {
    const isAnswered = user.replies.has(item);
    if (!isAnswered || (await scene.stateOf(task)) === null) lost.push(task);
  }
  return lost;
}

const submits = 30;

/** The dispatcher dies while the store does not answer what was sent last. */
async function crashInTheMidst(scene: DispatcherScene, send: () => Promise<void>): Promise<void> {
  const { rule } = scene.watched;
  const gate = new Gate();
  scene.watched.rule = gate.rule;
  await send();
  await gate.reached;
  const cut = scene.cut();
  scene.watched.rule = rule;
  await cut;
  await scene.dispatcher({ owner: "owner-2", clock: () => Date.now() + 60_000 }).start();
}
