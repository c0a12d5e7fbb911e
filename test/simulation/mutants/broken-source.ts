// The one file of a mutant is broken while Node loads it, so that the tree stays as it is.
import { registerHooks } from "node:module";
import { type Mutant, mutate } from "./mutant.ts";

export function sourceOf({ file }: Mutant): URL {
  return new URL(`../../../packages/${file}`, import.meta.url);
}

export interface BrokenSource {
  /** The broken text is what runs. */
  isLoaded: boolean;
}

/** From now on this process loads the file of the mutant broken. Must be called before anything imports it. */
export function breakSource(mutant: Mutant): BrokenSource {
  const broken: BrokenSource = { isLoaded: false };
  const { href } = sourceOf(mutant);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== href) return loaded;
      const source = mutate(textOf(loaded.source), mutant);
      broken.isLoaded = true;
      return { ...loaded, source };
    },
  });
  return broken;
}

function textOf(source: unknown): string {
  if (typeof source === "string") return source;
  if (source instanceof Uint8Array) return Buffer.from(source).toString("utf8");
  throw new Error("Node gave no source text to break");
}
