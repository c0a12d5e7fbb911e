// A transcript is comments, commands and, below a line of dashes, the exact answer. Played again, it is the same text.
import { Stage } from "./stage.ts";

/**
 * Plays a transcript on an engine of its own, and answers with its text as it must be: the answers are those of the engine, all else
 * stands as it is. A block is one command or several, then `----`, then the answer up to the next empty line.
 */
export function replay(text: string): string {
  const stage = new Stage();
  const blocks = text.trimEnd().split(/\n{2,}/);
  return `${blocks.map((block) => replayBlock(stage, block)).join("\n\n")}\n`;
}

function replayBlock(stage: Stage, block: string): string {
  const lines = block.split("\n");
  const dashes = lines.indexOf("----");
  const asked = dashes < 0 ? lines : lines.slice(0, dashes);
  const commands = asked.filter((line) => !line.startsWith("#"));
  if (commands.length === 0) return block;
  const answers = commands.map((command) => ({ command, lines: play(stage, command) }));
  const spoken = answers.filter((answer) => answer.lines.length > 0);
  const body =
    spoken.length > 1
      ? spoken.flatMap((answer) => [`> ${answer.command}`, ...answer.lines])
      : spoken.flatMap((answer) => answer.lines);
  return [...asked, "----", ...body].join("\n");
}

function play(stage: Stage, command: string): string[] {
  try {
    return stage.play(command);
  } catch (error) {
    throw new Error(`${command}\n${(error as Error).message}`, { cause: error });
  }
}
