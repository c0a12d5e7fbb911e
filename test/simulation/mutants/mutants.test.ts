// Mutants apply to the sources, a share of them is tried here, and what tries them does not take a mistake for a catch.
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { describe, expect, test } from "vitest";
import { allMutants, unnoticedMutants } from "./all.ts";
import { sourceOf } from "./broken-source.ts";
import { tryMutants } from "./campaign.ts";
import { type Mutant, mutate } from "./mutant.ts";
import { runTrial } from "./run-trial.ts";

describe("every mutant", () => {
  test("has a name of its own", () => {
    const names = [...allMutants, ...unnoticedMutants].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each([...allMutants, ...unnoticedMutants])(
    "applies to the sources, and leaves something that runs: $name",
    (mutant) => {
      const text = readFileSync(sourceOf(mutant), "utf8");
      const broken = mutate(text, mutant);
      expect(broken).not.toBe(text);
      expect(() => stripTypeScriptTypes(broken)).not.toThrow();
    },
  );
});

/** One for each way of breaking something, from those that are caught with the first few seeds. */
const share: readonly string[] = [
  "A shared leg starts beside an exclusive one.",
  "The priority class of a task does not count.",
  "A lane takes one leg more than its limit.",
  "A deploy whose result nobody knows runs again.",
  "What was decided leaves before it is committed.",
  "An owner goes on although it was deposed.",
];

test("the simulation notices a share of them", { timeout: 400_000 }, async () => {
  const mutants = allMutants.filter(({ name }) => share.includes(name));
  expect(mutants).toHaveLength(share.length);
  const lines: string[] = [];
  const tell = (line: string): void => void lines.push(line);
  const result = await tryMutants(mutants, { seeds: 10, secondsMax: 300, width: 2, tell });
  expect(result).toEqual({ mutants: share.length, caught: share.length, survivors: [], objections: [] });
  expect(lines).toHaveLength(share.length);
});

const example: Mutant = {
  name: "An example.",
  law: "none",
  file: "engine/src/submit.ts",
  find: "state.orderCounter += 1;",
  replace: 'throw new Error("broken on purpose");',
};

describe("a trial", () => {
  const seeds = [1];
  const run = (mutant: Mutant): ReturnType<typeof runTrial> =>
    runTrial({ mutant, judge: "laws", seeds }, 100);

  test("of a text that is not found is an error", async () => {
    const mutant = { ...example, find: "a text that stands nowhere" };
    await expect(run(mutant)).rejects.toThrow('mutant "An example.": its text stands 0 times');
  });

  test("of a text that is found more than once is an error", async () => {
    await expect(run({ ...example, find: "state" })).rejects.toThrow("and must once");
  });

  test("of a file that its judge never loads is an error", async () => {
    const mutant = { ...example, file: "dispatcher/src/term.ts", find: "export class Term {" };
    await expect(run(mutant)).rejects.toThrow("nothing loads packages/dispatcher/src/term.ts");
  });

  test("in which something throws, and no law says what is wrong, catches nothing", async () => {
    const result = await run(example);
    expect(result.finding).toBeNull();
    expect(result.crash).toContain("cannot be applied");
  });

  test("of a mutant that changes nothing that can be seen finds nothing", async () => {
    const mutant = { ...example, replace: "state.orderCounter = state.orderCounter + 1;" };
    expect(await run(mutant)).toEqual({ finding: null, crash: null, seedsTried: seeds.length });
  });
});

test("a mutant that nobody notices is told of as a survivor", async () => {
  const unnoticed = {
    ...example,
    replace: "state.orderCounter = state.orderCounter + 1;",
    judge: "laws",
  } as const;
  const options = { seeds: 2, secondsMax: 100, width: 1, tell: () => undefined };
  const result = await tryMutants([unnoticed], options);
  expect(result).toEqual({ mutants: 1, caught: 0, survivors: ["An example."], objections: [] });
});
