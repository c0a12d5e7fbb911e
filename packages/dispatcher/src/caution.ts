/**
 * A commit that contradicts what is stored is a defect, and the same batch would be refused for ever. So its messages
 * are taken one by one when they come again, until the one is found that does it.
 */
export class Caution {
  #suspects = 0;

  /** How many messages may be taken at once; `most` where nothing is suspected. */
  limit(most: number): number {
    return this.#suspects > 0 ? 1 : most;
  }

  /** So many messages were taken. */
  taken(messages: number): void {
    this.#suspects = Math.max(0, this.#suspects - messages);
  }

  /** A batch of so many messages was refused. */
  suspect(messages: number): void {
    this.#suspects += messages;
  }
}
