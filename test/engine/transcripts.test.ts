// The rules of granting as transcripts: commands, then the exact decisions. Read ./transcripts to learn the rules.
//
//     npm test -- test/engine/transcripts        compares each with what the engine decides
//     npm test -- test/engine/transcripts -u     writes what the engine decides into the files
//
// What was written must be read before it is committed: it has to be what is right, not what the engine happens to do. The laws of
// test/support/laws/decisions are checked after each command, whatever the transcript expects.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { replay } from "../support/transcript/transcript.ts";

const folder = new URL("transcripts/", import.meta.url);

test.for(readdirSync(folder).sort())("%s is what the engine decides", async (name) => {
  const path = new URL(name, folder).pathname;
  await expect(replay(readFileSync(path, "utf8"))).toMatchFileSnapshot(path);
});
