/** Ada and Bo at one relay for all tests of a file, who may write as fast as they like. In the end the relay reports no fault, and its store is sound. */
import { afterAll, beforeAll, expect } from 'vitest';
import type { SignedIn } from '../../protocol/http.ts';
import type { ChannelId } from '../../protocol/ids.ts';
import { createLineKit, type Line, type LineKit } from './line-kit.ts';

export interface LineTeam {
  readonly kit: LineKit;
  readonly ada: SignedIn;
  readonly bo: SignedIn;
  readonly general: ChannelId;
  /** A line for as long as `run` takes. */
  withLine<T>(who: SignedIn, run: (line: Line) => Promise<T>): Promise<T>;
}

const PLENTY = {
  sendsPerSecond: 1_000,
  sendsBurst: 1_000,
  framesPerSecond: 1_000,
  framesBurst: 1_000,
  historyPerSecond: 1_000,
};

export function useLineTeam(): LineTeam {
  let kit: LineKit;
  let bo: SignedIn;
  beforeAll(async () => {
    kit = await createLineKit(PLENTY);
    bo = await kit.person('bo');
  });
  afterAll(async () => {
    expect(kit.log.join('')).not.toMatch(/-failed|crashed/);
    expect(await kit.relay.store.audit()).toEqual([]);
    await kit.dispose();
  });
  return {
    get kit() {
      return kit;
    },
    get ada() {
      return kit.ada;
    },
    get bo() {
      return bo;
    },
    get general() {
      return kit.ada.team.id as ChannelId;
    },
    async withLine(who, run) {
      const line = await kit.line(who);
      try {
        return await run(line);
      } finally {
        line.ws.terminate();
      }
    },
  };
}
