// When a program that has ended by itself is started again.

/** The first pause, and the longest, in milliseconds; each is twice the one before. */
const SHORTEST = 200;
const LONGEST = 5_000;
/** A program that has lived this long begins with the first pause again. */
const LIVED = 10_000;
/** So many ends in a row, each before it could be reached at all, are not mended by another start. */
const HOPELESS = 5;

/**
 * The pauses of one program. It gives up only on what nobody outside can bring about: an
 * end before the program listened. Whoever can end a server by what they send to it could
 * otherwise end it for good.
 */
export class Restarts {
  #pause = SHORTEST;
  #unreached = 0;

  /** After an end: how long to wait before the next start, in milliseconds, or undefined to give up. */
  after({ lived, listened }) {
    this.#unreached = listened ? 0 : this.#unreached + 1;
    if (this.#unreached >= HOPELESS) return undefined;
    if (lived >= LIVED) this.#pause = SHORTEST;
    const pause = this.#pause;
    this.#pause = Math.min(2 * pause, LONGEST);
    return pause;
  }
}
