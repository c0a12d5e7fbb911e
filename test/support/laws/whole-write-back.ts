import { space } from "../dispatcher/inbox-user.ts";
import { type DispatcherScene, submission, submit } from "../dispatcher/scene.ts";

/**
 * Law 3 for successors: a store goes backwards, and its owner dies while it writes its state back. Whoever comes next
 * must find what the store had or what the owner had, and never a part of the one in the other. Returns what it finds
 * besides what the store had.
 */
export async function tornWriteBack(scene: DispatcherScene): Promise<string[]> {
  const user = await scene.user("ada");
  await user.ask(submit("t-old"));
  const had = await scene.store.load(space);
  const { written } = scene.forgetful;
  const text = "x".repeat(1_200_000);
  const script = { interpreter: "bash", text, arguments: [] };
  for (const id of ["t-1", "t-2", "t-3"]) {
    await user.ask(submit(id, { payload: { ...submission(id).payload, script } }));
  }
  const died = Promise.withResolvers<void>();
  scene.watched.stageRule = async ({ part }, pass) => {
    if (part === 1) return pass();
    died.resolve();
    return new Promise(() => {});
  };
  await scene.forgetful.forgetSince(written);
  await user.send({ type: "target.put", target: "web-2", policy: {}, tags: [] });
  await died.promise;
  await scene.cut();
  const ahead = { owner: "owner-2", clock: () => Date.now() + 60_000, settings: { inboxPrefetch: 1 } };
  await scene.store.acquire({ space, owner: "looker", at: Date.now() + 30_000, leaseMs: 1 });
  const found = await scene.store.load(space);
  await scene.dispatcher(ahead).start();
  const others = found.tasks.filter(({ id }) => !had.tasks.some((task) => task.id === id));
  const findings = others.map(({ id }) => `${id} is there, of what the owner had`);
  if (found.tasks.length < had.tasks.length) findings.push("tasks are gone that the store had");
  if (JSON.stringify(found.targets) !== JSON.stringify(had.targets)) findings.push("targets are others");
  return findings;
}
