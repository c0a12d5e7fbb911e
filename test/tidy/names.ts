// A name says what is inside. These say that somebody did not know.
import type { Rule } from "./source.ts";

const banned = new Set(["util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"]);

export const fileNames: Rule = (files) => {
  const seen = new Map<string, string>();
  for (const { path } of files) {
    const parts = path.split("/");
    parts.forEach((part, index) => {
      const word = wordsOf(part).find((each) => banned.has(each));
      if (word !== undefined) seen.set(parts.slice(0, index + 1).join("/"), word);
    });
  }
  return [...seen].map(([path, word]) => ({
    path,
    message: `"${word}" says nothing: name it after what is in it`,
  }));
};

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z]+/);
}
