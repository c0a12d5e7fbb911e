/** The owner of the space is another one: this one must stop at once. */
export class Deposed extends Error {
  override readonly name = "Deposed";

  constructor(space: string) {
    super(`another dispatcher owns space ${space} now`);
  }
}
