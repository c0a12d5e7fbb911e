import { StringDecoder } from "node:string_decoder";

/** Longest line that the protocol carries, in UTF-16 units; a longer one becomes several. */
const lineMax = 64 * 1024;

/** Turns the chunks of one stream of bytes into lines of text. */
export class LineSplitter {
  readonly #emit: (line: string) => void;
  readonly #decoder: StringDecoder = new StringDecoder("utf8");
  #rest = "";
  /** The beginning of the line is out already, so a line end that follows at once belongs to it. */
  #begun = false;
  #stale = false;

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  /** Whether there is text that waits for its line end. */
  get hasPartialLine(): boolean {
    return this.#rest !== "";
  }

  write(chunk: Buffer): void {
    const text = this.#rest + this.#decoder.write(chunk);
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      this.#endLine(text.slice(start, end > start && text[end - 1] === "\r" ? end - 1 : end));
      start = end + 1;
    }
    this.#rest = this.#emitFullParts(text.slice(start));
  }

  /** To be called now and then: what has waited for its line end since the last call goes out. */
  flushStale(): void {
    if (this.#stale) this.flush();
    this.#stale = this.hasPartialLine;
  }

  flush(): void {
    if (this.#rest === "") return;
    this.#emit(this.#rest);
    this.#rest = "";
    this.#begun = true;
  }

  /** The stream has ended. */
  end(): void {
    this.#rest += this.#decoder.end();
    this.flush();
  }

  #endLine(text: string): void {
    const rest = this.#emitFullParts(text);
    if (rest !== "" || !this.#begun) this.#emit(rest);
    this.#begun = false;
    this.#stale = false;
  }

  /** Returns what is left after all parts of the greatest length. */
  #emitFullParts(text: string): string {
    let rest = text;
    while (rest.length > lineMax) {
      const end = splitsSurrogates(rest, lineMax) ? lineMax - 1 : lineMax;
      this.#emit(rest.slice(0, end));
      this.#begun = true;
      rest = rest.slice(end);
    }
    return rest;
  }
}

function splitsSurrogates(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  return before >= 0xd800 && before <= 0xdbff;
}
