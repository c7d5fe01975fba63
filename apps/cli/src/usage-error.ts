/** What the user typed cannot be meant: a sentence and what to try. Exit code 2, never a stack trace. */
export class UsageError extends Error {
  readonly tryThis: string;

  constructor(message: string, tryThis = "") {
    super(message);
    this.name = "UsageError";
    this.tryThis = tryThis;
  }
}
