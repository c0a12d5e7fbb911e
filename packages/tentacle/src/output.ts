import type { OutputLine } from "@berth/protocol";
import type { Clock } from "./clock.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { AttemptIdentity, ReportEntry, Reporter, ReportHolder } from "./reporter.ts";

type Stream = OutputLine["stream"];
export type ProcessStream = "stdout" | "stderr";

const linesMax = 500;
const entryBytesMax = 128 * 1024;
/** What a line costs in a message besides its text, roughly. */
const lineBytes = 80;
const waitingBytesMax = 1024 * 1024;
/** Text without a line end is shown after one to two of these. */
const partialLineMs = 100;
const tailLines = 20;

export interface OutputSetup {
  readonly identity: AttemptIdentity;
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly bytesMax: number;
}

/** What an attempt says, on its way to the log: numbered lines, sent in batches, within a limit. */
export class AttemptOutput implements ReportHolder {
  /** Called with true when too much waits for the broker, and with false when it may go on. */
  onPressure: (tooMuch: boolean) => void = () => {};
  readonly #setup: OutputSetup;
  #splitters: Record<ProcessStream, LineSplitter> | null = null;
  #partialTimer: NodeJS.Timeout | null = null;
  #lineNumber = 0;
  #open: { readonly entry: ReportEntry; readonly lines: OutputLine[] } | null = null;
  #waitingBytes = 0;
  #pressed = false;
  #takenBytes = 0;
  #droppedBytes = 0;
  #ended = false;
  readonly #tail: string[] = [];
  #lastErrorLine = "";

  constructor(setup: OutputSetup) {
    this.#setup = setup;
  }

  /** The last lines, for whoever has to find out why it failed; `null` where there are none. */
  get tail(): string | null {
    return this.#tail.length === 0 ? null : this.#tail.join("\n");
  }

  /** The last line on stderr that is not blank. */
  get lastErrorLine(): string {
    return this.#lastErrorLine;
  }

  /** A chunk of a stream, which may begin and end within a line or a character. */
  write(stream: ProcessStream, chunk: Buffer): void {
    if (this.#ended) return;
    const room = this.#setup.bytesMax - this.#takenBytes;
    this.#takenBytes += Math.min(room, chunk.length);
    if (chunk.length <= room) {
      this.#splitterOf(stream).write(chunk);
      this.#watchPartialLines();
      return;
    }
    if (this.#droppedBytes === 0) {
      this.#splitterOf(stream).write(chunk.subarray(0, room));
      this.#sayLimitReached();
    }
    this.#droppedBytes += chunk.length - room;
  }

  /** Whole lines that a handler logs. */
  log(text: string): void {
    this.write("stdout", Buffer.from(`${text}\n`));
  }

  /** A line of Berth's own. */
  note(text: string): void {
    if (!this.#ended) this.#line("berth", text);
  }

  /** There will be no more: what waits for a line end goes out as it is. */
  end(): void {
    if (this.#partialTimer !== null) clearTimeout(this.#partialTimer);
    this.#partialTimer = null;
    if (this.#splitters !== null && this.#droppedBytes === 0) {
      this.#splitters.stdout.end();
      this.#splitters.stderr.end();
    }
    if (this.#droppedBytes > 0) this.note(`${this.#droppedBytes} bytes of output were dropped`);
    this.#ended = true;
  }

  confirmed(entry: ReportEntry): void {
    this.#waitingBytes -= entry.bytes;
    if (!this.#pressed || this.#waitingBytes > waitingBytesMax / 2) return;
    this.#pressed = false;
    this.onPressure(false);
  }

  #sayLimitReached(): void {
    this.#splitters?.stdout.flush();
    this.#splitters?.stderr.flush();
    this.note(`output is over the limit of ${this.#setup.bytesMax} bytes; what follows is dropped`);
  }

  #splitterOf(stream: ProcessStream): LineSplitter {
    this.#splitters ??= {
      stdout: new LineSplitter((line) => this.#line("stdout", line)),
      stderr: new LineSplitter((line) => this.#line("stderr", line)),
    };
    return this.#splitters[stream];
  }

  /** A prompt or a progress bar has no line end: it is shown all the same, a moment later. */
  #watchPartialLines(): void {
    if (this.#partialTimer !== null || !this.#hasPartialLine()) return;
    this.#partialTimer = setTimeout(() => {
      this.#partialTimer = null;
      // While nothing is read, a line waits for this side and not for the script.
      if (!this.#pressed) {
        this.#splitters?.stdout.flushStale();
        this.#splitters?.stderr.flushStale();
      }
      this.#watchPartialLines();
    }, partialLineMs);
  }

  #hasPartialLine(): boolean {
    const splitters = this.#splitters;
    return splitters !== null && (splitters.stdout.hasPartialLine || splitters.stderr.hasPartialLine);
  }

  #line(stream: Stream, text: string): void {
    this.#remember(stream, text);
    this.#lineNumber += 1;
    const line: OutputLine = {
      number: this.#lineNumber,
      stream,
      at: this.#setup.clock.wallMs(),
      text,
    };
    const bytes = lineBytes + text.length;
    const { entry, lines } = this.#openEntry(bytes);
    lines.push(line);
    this.#setup.reporter.grow(entry, bytes);
    this.#waitingBytes += bytes;
    if (this.#pressed || this.#waitingBytes <= waitingBytesMax) return;
    this.#pressed = true;
    this.onPressure(true);
  }

  /** The progress report that lines are added to until it is on its way or full. */
  #openEntry(bytes: number): { entry: ReportEntry; lines: OutputLine[] } {
    const open = this.#open;
    const hasRoom =
      open !== null &&
      !open.entry.sealed &&
      open.lines.length < linesMax &&
      open.entry.bytes + bytes <= entryBytesMax;
    if (hasRoom) return open;
    const { reporter, identity } = this.#setup;
    const lines: OutputLine[] = [];
    const entry = reporter.report(identity, { type: "progress", output: lines }, 0, this);
    this.#waitingBytes += entry.bytes;
    this.#open = { entry, lines };
    return this.#open;
  }

  #remember(stream: Stream, text: string): void {
    if (text.trim() === "") return;
    if (stream === "stderr") this.#lastErrorLine = text;
    this.#tail.push(text.slice(0, 2000));
    if (this.#tail.length > tailLines) this.#tail.shift();
  }
}
