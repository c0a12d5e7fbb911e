// A command in one line, for whoever reads a failure. What is usual is left out.
import type { Command } from "@berth/engine";

export function sentence(command: Command, startAt: number): string {
  const { id: _, at, random: __, type, ...rest } = command;
  const words = Object.entries(rest).flatMap(([key, value]) => wordsOf(key, value, startAt));
  return [`+${at - startAt}`, type, ...words].join(" ");
}

function wordsOf(key: string, value: unknown, startAt: number): string[] {
  const isUsual = value === null || value === "" || value === "normal" || value === "script";
  if (isUsual || (Array.isArray(value) && value.length === 0)) return [];
  if (typeof value === "number" && value >= startAt) return [`${key}=+${value - startAt}`];
  if (typeof value !== "object") return [`${key}=${value}`];
  if (Array.isArray(value)) {
    const isPlain = value.every((each) => typeof each !== "object");
    return [`${key}=${isPlain ? value.join(",") : JSON.stringify(value)}`];
  }
  const words = Object.entries(value).flatMap(([name, each]) => wordsOf(name, each, startAt));
  return words.length === 0 ? [] : [`${key}(${words.join(" ")})`];
}
