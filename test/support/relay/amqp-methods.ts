// The methods in a stream of AMQP 0-9-1: what a client asks of its broker, by class and method.
const frameHead = 7;
const methodFrame = 1;
const protocolHeader = Buffer.from("AMQP", "latin1");
const protocolHeaderBytes = 8;

/** `basic.publish`: a message is sent. */
export const publish = "60.40";

/** Reads what one connection sends, in whatever pieces it comes. `see` gets each method, e.g. `60.40`. */
export class AmqpMethods {
  readonly #see: (method: string) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(see: (method: string) => void) {
    this.#see = see;
  }

  take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length > frameHead) {
      if (this.#rest.subarray(0, 4).equals(protocolHeader)) {
        this.#rest = this.#rest.subarray(protocolHeaderBytes);
        continue;
      }
      const size = this.#rest.readUInt32BE(3) + frameHead + 1;
      if (this.#rest.length < size) return;
      if (this.#rest[0] === methodFrame)
        this.#see(`${this.#rest.readUInt16BE(frameHead)}.${this.#rest.readUInt16BE(frameHead + 2)}`);
      this.#rest = this.#rest.subarray(size);
    }
  }
}
