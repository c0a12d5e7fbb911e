export const judgeNames = ["simulation", "laws", "model"] as const;

/** Who looks for what a mutant breaks. */
export type JudgeName = (typeof judgeNames)[number];

/**
 * One place of the sources, broken on purpose as somebody might break it by mistake. A checker that does not notice has a
 * hole.
 */
export interface Mutant {
  /** What is broken, as a sentence. */
  readonly name: string;
  /** The law, or the rule of docs/rules.md, that it breaks. */
  readonly law: string;
  /** Below `packages/`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** `simulation` unless it says otherwise. */
  readonly judge?: JudgeName;
  /** No checker notices it yet. It is told of whenever mutants are tried, and is to be tried again with each new checker. */
  readonly isUnnoticed?: true;
}

/** The text of the file with its one place broken. Throws where the place is not found, or more than once. */
export function mutate(text: string, { name, file, find, replace }: Mutant): string {
  const parts = text.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(
    `mutant "${name}": its text stands ${parts.length - 1} times in packages/${file}, and must once; change it with the code:\n${find}`,
  );
}
