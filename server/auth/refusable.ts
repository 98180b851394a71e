/**
 * A transaction that may be refused half-way: a refusal from `work` undoes everything it wrote and comes back as a value. (A `Store`
 * undoes only what throws.)
 */
import type { Refusal } from '../../protocol/errors.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import type { Store, WriteTx } from '../ports/store.ts';

class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.kind);
    this.refusal = refusal;
  }
}

export async function writeOrRefuse<T>(
  store: Store,
  work: (tx: WriteTx) => Promise<Result<T, Refusal>>,
): Promise<Result<T, Refusal>> {
  try {
    return ok(
      await store.write(async (tx) => {
        const result = await work(tx);
        if (!result.ok) throw new Refused(result.error);
        return result.value;
      }),
    );
  } catch (error) {
    if (error instanceof Refused) return fail(error.refusal);
    throw error;
  }
}
