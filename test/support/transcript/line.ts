// One line of a transcript: words, then settings as `key=value`; what has spaces in it stands in double quotes.
import { durationMs, momentAt } from "./time.ts";

export class Line {
  readonly text: string;
  readonly #words: string[] = [];
  readonly #settings = new Map<string, string>();

  constructor(text: string) {
    this.text = text;
    for (const [, key, quoted, plain] of text.matchAll(/(?:([^\s="]+)=)?(?:"([^"]*)"|(\S+))/g)) {
      const value = quoted ?? plain ?? "";
      if (key === undefined) this.#words.push(value);
      else this.#settings.set(key, value);
    }
  }

  /** The next word. */
  word(what: string): string {
    const word = this.optionalWord();
    if (word === null) throw new Error(`"${this.text}": ${what} is missing`);
    return word;
  }

  optionalWord(): string | null {
    return this.#words.shift() ?? null;
  }

  has(key: string): boolean {
    return this.#settings.has(key);
  }

  setting(key: string): string | null {
    const value = this.#settings.get(key) ?? null;
    this.#settings.delete(key);
    return value;
  }

  list(key: string): string[] {
    const value = this.setting(key);
    return value === null || value === "" ? [] : value.split(",");
  }

  number(key: string): number | null {
    const value = this.setting(key);
    return value === null ? null : Number(value);
  }

  duration(key: string): number | null {
    const value = this.setting(key);
    return value === null ? null : durationMs(value);
  }

  moment(key: string): number | null {
    const value = this.setting(key);
    return value === null ? null : momentAt(value);
  }

  /** The settings `prefix.name=value`, by name. */
  group(prefix: string): Record<string, string> {
    const group: Record<string, string> = {};
    for (const [key, value] of this.#settings) {
      if (!key.startsWith(`${prefix}.`)) continue;
      group[key.slice(prefix.length + 1)] = value;
      this.#settings.delete(key);
    }
    return group;
  }

  /** A word that nobody reads is a mistake of the transcript. */
  end(): void {
    const rest = [...this.#words, ...this.#settings.keys()];
    if (rest.length > 0) throw new Error(`"${this.text}": nobody understands ${rest.join(", ")}`);
  }
}
