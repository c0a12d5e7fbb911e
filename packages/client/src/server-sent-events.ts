export interface ServerSentEvent {
  /** `message` where the server gives no name. */
  readonly name: string;
  readonly data: string;
}

/**
 * Takes a stream of text apart as the HTML standard says (section "Server-sent events"), however the text was cut into
 * pieces. Ids and the server's wish for a delay are left out: a stream of a task starts anew with the present state.
 */
export class ServerSentEventParser {
  #line = "";
  #name = "";
  #data: string[] = [];
  /** The piece before ended in a carriage return: a line feed that follows belongs to it. */
  #afterReturn = false;

  /** The events that this piece completes. */
  push(piece: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    let text = this.#afterReturn && piece.startsWith("\n") ? piece.slice(1) : piece;
    if (piece !== "") this.#afterReturn = piece.endsWith("\r");
    for (let end = text.search(/[\r\n]/); end !== -1; end = text.search(/[\r\n]/)) {
      const event = this.#take(this.#line + text.slice(0, end));
      if (event !== undefined) events.push(event);
      this.#line = "";
      text = text.slice(end + (text.startsWith("\r\n", end) ? 2 : 1));
    }
    this.#line += text;
    return events;
  }

  #take(line: string): ServerSentEvent | undefined {
    if (line === "") return this.#complete();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
    return undefined;
  }

  #complete(): ServerSentEvent | undefined {
    const event = { name: this.#name === "" ? "message" : this.#name, data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#name = "";
    this.#data = [];
    return empty ? undefined : event;
  }
}

/** The events of a body. Ends with it; `onPiece` is told of every piece that came, also of mere signs of life. */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  onPiece: () => void,
): AsyncGenerator<ServerSentEvent, void> {
  const parser = new ServerSentEventParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onPiece();
    yield* parser.push(decoder.decode(value, { stream: true }));
  }
}
