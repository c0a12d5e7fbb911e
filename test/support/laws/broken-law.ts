/** What a checker found: it says which law is broken, so that it is not taken for a mistake of the test itself. */
export class BrokenLaw extends Error {
  override readonly name = "BrokenLaw";
  readonly law: string;

  constructor(law: string, what: string) {
    super(`law ${law}: ${what}`);
    this.law = law;
  }
}
