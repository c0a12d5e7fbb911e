import { styleText } from "node:util";
import type { TaskState } from "@berth/protocol";
import type { Output } from "../dependencies.ts";

export type Style = "strong" | "quiet" | "good" | "bad" | "busy" | "waiting";

/** Gives a text a colour, or leaves it as it is. */
export type Paint = (style: Style | undefined, text: string) => string;

const formats = {
  strong: "bold",
  quiet: "dim",
  good: "green",
  bad: "red",
  busy: "cyan",
  waiting: "yellow",
} as const satisfies Record<Style, string>;

const colourful: Paint = (style, text) =>
  style === undefined || text === "" ? text : styleText(formats[style], text, { validateStream: false });
const plain: Paint = (_style, text) => text;

export interface ColourWish {
  /** `--no-color` gives false. */
  readonly color: boolean;
  /** NO_COLOR; any text but the empty one says no (no-color.org). */
  readonly noColorVariable: string | undefined;
}

export function paintFor(output: Output, { color, noColorVariable = "" }: ColourWish): Paint {
  return color && noColorVariable === "" && output.isTTY === true ? colourful : plain;
}

const byState: Readonly<Record<TaskState, Style>> = {
  waiting: "waiting",
  granted: "busy",
  running: "busy",
  cancelling: "waiting",
  parked: "bad",
  succeeded: "good",
  failed: "bad",
  canceled: "quiet",
  "timed-out": "bad",
  unavailable: "bad",
};

export function styleOfState(state: TaskState): Style {
  return byState[state];
}
