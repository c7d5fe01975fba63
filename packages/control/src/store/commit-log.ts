/** The last `limit` commits, whose revisions follow each other without gaps. */
export class CommitLog<C extends { revision: number }> {
  readonly #ring: C[] = [];
  readonly #limit: number;
  #last: number;
  #count = 0;

  /** `revision`: the last one before the log begins. */
  constructor(revision: number, limit: number) {
    this.#last = revision;
    this.#limit = limit;
  }

  /** The newest revision, also when its commit is not held. */
  get last(): number {
    return this.#last;
  }

  push(commit: C): void {
    if (commit.revision !== this.#last + 1) {
      throw new Error(`commit ${commit.revision} does not follow ${this.#last}`);
    }
    this.#ring[commit.revision % this.#limit] = commit;
    this.#last = commit.revision;
    this.#count = Math.min(this.#count + 1, this.#limit);
  }

  /** Forgets all; goes on from `revision`. */
  reset(revision: number): void {
    this.#ring.length = 0;
    this.#count = 0;
    this.#last = revision;
  }

  /** Up to `max` commits after `revision`, in order; undefined where some of them are not held. */
  since(revision: number, max = Number.POSITIVE_INFINITY): C[] | undefined {
    if (revision > this.#last || revision < this.#last - this.#count) return undefined;
    const commits: C[] = [];
    const end = Math.min(this.#last, revision + max);
    for (let r = revision + 1; r <= end; r++) commits.push(this.#ring[r % this.#limit]!);
    return commits;
  }
}
