/**
 * Has the doors of one team's relay compared when a person asks for it, one run at a time. A run goes on when nobody looks any more, until
 * it is done, stopped, or the team is left; what it found stays until the next one.
 */
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { DoorRow, LabView } from '../../bridge/lab.ts';
import type { Problem } from '../../bridge/commands.ts';
import { background } from '../background.ts';
import { compareDoors, LAB_PLAN, type LabPlan } from '../lab/compare-doors.ts';
import type { LabParts } from '../lab/lab-line.ts';
import type { Log } from '../ports.ts';

export interface TransportLabParts extends LabParts {
  readonly log: Log;
  readonly plan?: LabPlan;
}

export interface TransportLab {
  /** `withIdle`: also leaves every door alone for a minute. Refused while one runs. */
  start(withIdle: boolean): Result<null, Problem>;
  /** Resolves when there is more than version `seen`, or no more to come. */
  look(seen: number): Promise<LabView>;
  stop(): void;
}

export function createTransportLab({
  log,
  plan = LAB_PLAN,
  ...parts
}: TransportLabParts): TransportLab {
  let view: LabView = { version: 0, state: 'none', rows: [] };
  let running: AbortController | undefined;
  const waiting = new Set<() => void>();

  const tell = (change: Partial<LabView>): void => {
    view = { ...view, ...change, version: view.version + 1 };
    for (const look of [...waiting]) look();
  };
  const end = (how: 'done' | 'stopped'): void => {
    running?.abort();
    running = undefined;
    tell({ state: how });
  };
  const run = async (mine: AbortController, withIdle: boolean): Promise<void> => {
    try {
      for await (const rows of compareDoors(
        parts,
        withIdle ? plan : { ...plan, idleMs: 0 },
        mine.signal,
      )) {
        if (running !== mine) return;
        tell({ rows });
      }
      if (running === mine)
        log.info('lab.done', { failed: view.rows.filter(isFailed).map(({ door }) => door) });
    } finally {
      if (running === mine) end('done');
    }
  };

  return {
    start: (withIdle) => {
      if (running) return fail({ kind: 'lab-running' });
      running = new AbortController();
      tell({ state: 'running', rows: [] });
      background(run(running, withIdle), log, 'lab');
      return ok(null);
    },
    look: (seen) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (view.state === 'running' && view.version <= seen) return;
          waiting.delete(look);
          resolve(view);
        };
        waiting.add(look);
        look();
      }),
    stop: () => {
      if (running) end('stopped');
    },
  };
}

const isFailed = ({ traffic, idle }: DoorRow): boolean =>
  traffic.state === 'failed' || idle.state === 'failed';
