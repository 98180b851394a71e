/**
 * Keeps the store in step with the core: listens first, then asks for the whole state, so that no batch falls between the
 * two; batches that arrive before the snapshot wait for it. A missing batch number asks for the whole state again.
 */
import type { LandlineApi } from '../../electron/bridge/api.ts';
import { applyBatch } from '../../electron/bridge/apply-event.ts';
import type { Batch, Snapshot } from '../../electron/bridge/events.ts';
import { announce } from './announce.ts';
import { setUi, type WindowStore } from './store.ts';

export interface Feed {
  /** Resolves when the first snapshot is in the store. */
  readonly opened: Promise<void>;
  dispose(): void;
}

export function createFeed({
  api,
  store,
}: {
  readonly api: LandlineApi;
  readonly store: WindowStore;
}): Feed {
  let early: Batch[] | null = [];
  let announced = 0;
  let isOver = false;

  const put = (snapshot: Snapshot): void => store.setState({ snapshot });

  const apply = (batch: Batch): void => {
    const before = store.getState().snapshot;
    if (early !== null || before === null) {
      (early ??= []).push(batch);
      return;
    }
    if (batch.n > before.n + 1) {
      early = [batch];
      void open();
      return;
    }
    const after = applyBatch(before, batch);
    if (after === before) return;
    const announcement = announce(before.state, after.state, announced + 1);
    put(after);
    if (announcement) {
      announced = announcement.n;
      setUi(store, { announcement });
    }
  };

  async function open(): Promise<void> {
    const answer = await api.call('open', {});
    if (isOver || !answer.ok) return;
    const waiting = early ?? [];
    early = null;
    put(waiting.reduce(applyBatch, answer.value));
  }

  const stop = api.onBatch(apply);
  return {
    opened: open(),
    dispose() {
      isOver = true;
      stop();
    },
  };
}
