import { setImmediate } from "node:timers/promises";
import type { ReplyBody } from "@berth/protocol";
import { type ItemWish, space } from "../dispatcher/inbox-user.ts";
import { type DispatcherScene, submit } from "../dispatcher/scene.ts";
import type { JournalEntry } from "../dispatcher/watched-ports.ts";

/** Turns of the event loop in which whatever comes of a commit has come out. */
const turns = 50;

/**
 * Law 5 for owners: somebody else takes the space while its dispatcher lives, then something is asked of that, such as to
 * enqueue task `t-1`. `output` is what the deposed one still sends, acknowledges or stores; `answers` what the client
 * hears once a successor is there.
 */
export async function outputOfDeposed(
  scene: DispatcherScene,
  wish: ItemWish = submit("t-1"),
): Promise<{ output: string[]; answers: ReplyBody[] }> {
  const user = await scene.user("ada");
  const { epoch } = await takeOver(scene);
  const from = scene.journal.entries.length;
  const [id] = await user.send(wish);
  await scene.journal.until(() => scene.journal.entries.slice(from).some(({ type }) => type === "settled"));
  for (let turn = 0; turn < turns; turn += 1) await setImmediate();
  const output = scene.journal.entries
    .slice(from)
    .filter(isOutward)
    .map(({ type }) => String(type));
  if ((await scene.stateOf("t-1")) !== null) output.push("stored");

  await scene.store.release({ space, owner: usurper, epoch });
  // The deposed one waits for the space as well, and may be the one that gets it.
  void scene.dispatcher({ owner: "owner-2" }).start();
  const answers = output.length > 0 ? [] : [await user.reply(id!)];
  return { output, answers };
}

const usurper = "usurper";

async function takeOver(scene: DispatcherScene): Promise<{ epoch: number }> {
  const hour = 3_600_000;
  const ownership = await scene.store.acquire({
    space,
    owner: usurper,
    at: Date.now() + hour,
    leaseMs: hour,
  });
  if (ownership === null) throw new Error("the space could not be taken over");
  return ownership;
}

function isOutward({ type }: JournalEntry): boolean {
  return type === "published" || type === "acked" || type === "nacked";
}
