/** The names of the keys. All that is of a space has its hash tag, so that it is in one slot of a cluster. */
export class Keys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** A brace in the name would end the tag. */
  tag(space: string): string {
    const name = space.replaceAll(/[%{}]/g, (character) => encodeURIComponent(character));
    return `{${this.#prefix}:${name}}`;
  }

  of(space: string, name: string): string {
    return `${this.tag(space)}:${name}`;
  }

  /** Of all keys there may be, as Redis matches them. */
  get patterns(): readonly string[] {
    const prefix = this.#prefix.replaceAll(/[\\*?[\]^]/g, "\\$&");
    return [`{${prefix}:*}:*`, `${prefix}:*`];
  }

  /** A set of the names of spaces that somebody has owned. */
  get spaces(): string {
    return `${this.#prefix}:spaces`;
  }

  /** The version of all that is stored under the prefix. */
  get format(): string {
    return `${this.#prefix}:format`;
  }
}
