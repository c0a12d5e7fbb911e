// An address that stays where what is behind it moves, as a name in front of a pair of servers does. It can also hold back
// answers, and look at what passes through.

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Relay {
  /** On the loopback interface. */
  readonly port: number;
  /** From now on it leads there. Connections that there are break. */
  moveTo(port: number): void;
  /** Whatever the server answers stays here, in its order, until `releaseAnswers`. */
  holdAnswers(): void;
  releaseAnswers(): void;
  /** Called with all that clients send from now on; returns how to stop that. Each connection has a number. */
  watch(see: (bytes: Buffer, connection: number) => void): () => void;
  close(): Promise<void>;
}

export async function openRelay(target: number): Promise<Relay> {
  const relay = new TcpRelay(target);
  await relay.listen();
  return relay;
}

class TcpRelay implements Relay {
  readonly #server: Server = createServer((near) => this.#join(near));
  readonly #pairs: Set<Pair> = new Set();
  readonly #watchers: Set<(bytes: Buffer, connection: number) => void> = new Set();
  #target: number;
  #isHolding = false;
  #connections = 0;

  constructor(target: number) {
    this.#target = target;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
  }

  moveTo(port: number): void {
    this.#target = port;
    for (const pair of this.#pairs) pair.cut();
  }

  holdAnswers(): void {
    this.#isHolding = true;
  }

  releaseAnswers(): void {
    this.#isHolding = false;
    for (const pair of this.#pairs) pair.release();
  }

  watch(see: (bytes: Buffer, connection: number) => void): () => void {
    this.#watchers.add(see);
    return () => this.#watchers.delete(see);
  }

  close(): Promise<void> {
    for (const pair of this.#pairs) pair.cut();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #join(near: Socket): void {
    this.#connections += 1;
    const connection = this.#connections;
    const far = connect({ port: this.#target, host: "127.0.0.1", noDelay: true });
    const pair = new Pair(near, far, () => this.#isHolding);
    this.#pairs.add(pair);
    near.on("data", (bytes: Buffer) => {
      for (const see of this.#watchers) see(bytes, connection);
    });
    near.on("close", () => this.#pairs.delete(pair));
  }
}

/** A client's connection and the one that goes on from here. Neither outlives the other. */
class Pair {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #isHolding: () => boolean;
  #held: Buffer[] = [];

  constructor(near: Socket, far: Socket, isHolding: () => boolean) {
    this.#near = near.setNoDelay(true);
    this.#far = far;
    this.#isHolding = isHolding;
    near.pipe(far);
    far.on("data", (bytes: Buffer) => this.#answer(bytes));
    for (const end of [near, far]) end.on("error", () => this.cut()).on("close", () => this.cut());
  }

  cut(): void {
    this.#held = [];
    // As the end of a process does it: a server that is gone says no goodbye.
    this.#near.resetAndDestroy();
    this.#far.destroy();
  }

  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const bytes of held) this.#near.write(bytes);
  }

  #answer(bytes: Buffer): void {
    if (this.#isHolding()) this.#held.push(bytes);
    else if (!this.#near.write(bytes)) this.#waitForDrain();
  }

  #waitForDrain(): void {
    this.#far.pause();
    this.#near.once("drain", () => this.#far.resume());
  }
}
