/**
 * Questions to a Redis that nobody can afford to wait for: each is answered within `budgetAnswerMs` or not at all, and who is not answered
 * goes by what the node knows itself. A Redis that owes an answer loses its line, so that the next question is not kept waiting too.
 *
 * Scripts answer with a list whose first entry counts what they found that none of them had written: it was put right, and is told once
 * per line.
 */
import type { Limits } from '../../protocol/limits.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { redisFault, type RedisSettings } from './redis-connection.ts';
import { RedisLine } from './redis-line.ts';

export interface RedisAskerParts {
  readonly redis: RedisSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: Pick<Limits, 'redisAnswerMs' | 'budgetAnswerMs'>;
  /** What is asked about, for the log. */
  readonly use: string;
}

/** Since the start, for whoever watches. */
export interface AskerCounts {
  /** Questions that were answered, and that were not. */
  readonly answered: number;
  readonly unanswered: number;
  /** What stood in Redis and was none of ours. */
  readonly refused: number;
}

export class RedisAsker {
  readonly #parts: RedisAskerParts;
  readonly #line: RedisLine;
  readonly #counts = { answered: 0, unanswered: 0, refused: 0 };
  /** The last question was refused. */
  #isFailing = false;
  /** Said once per line: that a question was refused, that something was found. */
  #hasTold = { failed: false, found: false };

  constructor(parts: RedisAskerParts) {
    this.#parts = parts;
    this.#line = new RedisLine({
      ...parts,
      channels: () => [],
      onUp: () => {
        this.#isFailing = false;
        this.#hasTold = { failed: false, found: false };
      },
      onDown: () => undefined,
      onMessage: () => undefined,
    });
  }

  /** What is asked now is at least heard. */
  get isUp(): boolean {
    return this.#line.link !== undefined;
  }

  get state(): 'well' | 'degraded' {
    return this.isUp && !this.#isFailing ? 'well' : 'degraded';
  }

  get counts(): AskerCounts {
    return { ...this.#counts };
  }

  /** One command. Undefined when there is no answer. */
  async ask(key: string, command: readonly string[]): Promise<unknown> {
    const answer = await this.#answerTo(key, command);
    this.#counts[answer === undefined ? 'unanswered' : 'answered']++;
    return answer;
  }

  /** @returns what the script answered, without its first entry */
  async run(
    script: string,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<readonly unknown[] | undefined> {
    const answer = await this.ask(keys[0] ?? '', [
      'EVAL',
      script,
      String(keys.length),
      ...keys,
      ...values.map(String),
    ]);
    if (!Array.isArray(answer)) return undefined;
    const [found, ...rest] = answer as readonly unknown[];
    if (Number(found) > 0) this.#tellFound(Number(found));
    return rest;
  }

  close(): void {
    this.#line.close();
  }

  #answerTo(key: string, command: readonly string[]): Promise<unknown> {
    const { link } = this.#line;
    if (!link) return Promise.resolve(undefined);
    const { clock, limits } = this.#parts;
    return new Promise((resolve) => {
      let isOver = false;
      const end = (answer: unknown): void => {
        isOver = true;
        cancel();
        resolve(answer);
      };
      const miss = (): void => {
        if (isOver) return;
        if (link === this.#line.link) this.#line.suspect('no-answer');
        end(undefined);
      };
      // Where this process was held up, the answer is here already and only unread.
      const cancel = clock.after(limits.budgetAnswerMs, () => void setImmediate(miss));
      link.run(key, [command]).then(
        ([answer]) => {
          this.#isFailing = false;
          end(answer);
        },
        (error: unknown) => {
          // A line that went down has said so itself.
          if (!isOver && link === this.#line.link) this.#fail(error);
          end(undefined);
        },
      );
    });
  }

  #fail(error: unknown): void {
    this.#isFailing = true;
    if (this.#hasTold.failed) return;
    this.#hasTold.failed = true;
    this.#parts.log.warn('redis-question-failed', {
      use: this.#parts.use,
      reason: redisFault(error),
    });
  }

  #tellFound(count: number): void {
    this.#counts.refused += count;
    if (this.#hasTold.found) return;
    this.#hasTold.found = true;
    this.#parts.log.warn('redis-keys-refused', { use: this.#parts.use, count });
  }
}
