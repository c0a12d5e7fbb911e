import { readdirSync, readFileSync } from "node:fs";
import { buildProgram, exit } from "@berth/cli";
import { describe, expect, test } from "vitest";

type Command = ReturnType<typeof buildProgram>;

const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");

/** The page by its headings; that of `berth hold place` is `berth hold place`. */
const sections = new Map(
  page
    .split(/^#{2,3} /m)
    .slice(1)
    .map((section) => {
      const [heading = "", ...text] = section.split("\n");
      return [heading.replaceAll("`", ""), text.join("\n")] as const;
    }),
);

const program = buildProgram({
  createClient: () => {
    throw new Error("nothing is run here");
  },
  fetch: () => Promise.reject(new Error("nothing is asked here")),
  stdout: { write: () => {} },
  stderr: { write: () => {} },
  stdin: (async function* () {})(),
  env: {},
  clock: { now: () => 0 },
  user: "ada",
  onInterrupt: () => () => {},
});

const commands = leavesOf(program, "berth");

function leavesOf(command: Command, path: string): { path: string; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((each) => leavesOf(each, `${path} ${each.name()}`));
}

/** The command whose section has the options of this one, too; empty: it has all of its own. */
function sharedWith(path: string): string {
  if (path === "berth schedule put") return "berth enqueue";
  return path.startsWith("berth target ") ? "berth target add" : "";
}

describe("docs/cli.md", () => {
  test("has a section for each command and for no other", () => {
    const documented = [...sections.keys()].filter((heading) => heading.startsWith("berth "));
    expect(documented.toSorted()).toEqual(commands.map(({ path }) => path).toSorted());
  });

  test.each(commands)("names every option of $path", ({ path, command }) => {
    const text = `${sections.get(path)}${sections.get(sharedWith(path)) ?? ""}`;
    expect(command.options.map(({ long }) => long).filter((long) => !text.includes(`${long}`))).toEqual([]);
  });

  test("names the options of all commands", () => {
    const text = sections.get("For all commands") ?? "";
    const options = program.options.map(({ long }) => long).filter((long) => long !== "--version");
    expect(options.filter((long) => !text.includes(`${long}`))).toEqual([]);
  });

  test("has the exit codes that there are, with what they mean", () => {
    const rows = [...(sections.get("Exit codes") ?? "").matchAll(/^\| (\d+) +\| (.+?) +\|$/gm)];
    expect(rows.map(([, code, meaning]) => ({ code: Number(code), meaning }))).toEqual(Object.values(exit));
  });
});

/** Every command that the documentation tells to type, with its place. */
const typed = [
  "README.md",
  ...readdirSync(new URL("../../docs", import.meta.url)).map((name) => `docs/${name}`),
]
  .filter((path) => path.endsWith(".md"))
  .flatMap((path) => {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    return text
      .split("\n")
      .flatMap((line, index) => commandsIn(line).map((words) => ({ at: `${path}:${index + 1}`, words })));
  });

/** `npx berth` and what follows up to the end of the command, in words as a shell makes them. */
function commandsIn(line: string): string[][] {
  return [...line.matchAll(/npx berth ((?:'[^']*'|"[^"]*"|[^'"`|&>#()]+)*)/g)].map(([, text = ""]) =>
    [...text.matchAll(/'[^']*'|"[^"]*"|[^\s'"]+/g)].map(([word]) => word),
  );
}

/** The command that the words name, and those that are left. */
function named(words: readonly string[]): { command: Command; rest: readonly string[] } {
  let command = program;
  let rest = words;
  for (;;) {
    const next = command.commands.find((each) => each.name() === rest[0]);
    if (next === undefined) return { command, rest };
    command = next;
    rest = rest.slice(1);
  }
}

/** A group alone means its list. */
function flagsOf(command: Command): readonly string[] {
  const list = command.commands.find((each) => each.name() === "list");
  return [program, command, list]
    .flatMap((each) => each?.options.flatMap(({ long, short }) => [long, short]) ?? [])
    .filter((flag) => flag != null);
}

describe("the documentation", () => {
  test("tells to type a good many commands", () => {
    expect(typed.length).toBeGreaterThan(40);
  });

  test.each(typed)("names a command and options that exist, at $at: $words", ({ words }) => {
    const { command, rest } = named(words);
    const flags = rest.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split("=")[0] ?? "");
    const known = [...flagsOf(command), "--help"];
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
    if (command.commands.length > 0) expect(rest[0] ?? "--").toMatch(/^(--|help$)/);
  });
});
