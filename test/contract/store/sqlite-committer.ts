// A process that commits to a database without end, and tells its parent of each commit. For sqlite-kill.test.ts.
import { randomUUID } from "node:crypto";
import { createSqliteStore } from "@berth/store/sqlite";
import { type Committed, changesOf, killSpace } from "./sqlite-commits.ts";

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: sqlite-committer.ts <path of the database>");

const store = createSqliteStore({ path, durability: "memory" });
await store.start();
const owner = randomUUID();
const ownership = await store.acquire({ space: killSpace, owner, at: Date.now(), leaseMs: 60_000 });
if (ownership === null) throw new Error("the space is owned by somebody else");

// Two commits are always under way, so that the end comes in the midst of one.
let last = commit(ownership.sequence + 1);
for (let sequence = ownership.sequence + 2; ; sequence += 1) {
  const next = commit(sequence);
  await last;
  last = next;
}

async function commit(sequence: number): Promise<void> {
  const epoch = ownership?.epoch ?? 0;
  const counters = { order: sequence, token: sequence };
  const at = Date.now();
  const changes = changesOf(sequence);
  const { type } = await store.commit({ space: killSpace, owner, epoch, sequence, at, changes, counters });
  if (type !== "committed") throw new Error(`commit ${sequence} is ${type}`);
  process.send?.({ sequence } satisfies Committed);
}
