/**
 * Has the way to one team's relay examined when a person asks for it, one examination at a time. Whoever looks is answered when there is
 * something new; the token is shown to the proved relay alone and is in no finding.
 */
import { examine, stepsFor } from '../../../doctor/examine.ts';
import type { Finding } from '../../../doctor/findings.ts';
import type { Place, Sockets } from '../../../doctor/ports.ts';
import type { Step } from '../../../doctor/steps.ts';
import type { Subject } from '../../../doctor/visit.ts';
import type { Hello } from '../../../protocol/frames-up.ts';
import type { Result } from '../../../protocol/result.ts';
import type { CheckView } from '../../bridge/line.ts';
import { background } from '../background.ts';
import type { TeamRecord } from '../cache/ledger-rows.ts';
import { splitAddress } from '../connection/secure-line.ts';
import type { RenewFault } from '../connection/line-events.ts';
import type { Clock, Log } from '../ports.ts';
import { targetOf } from './http.ts';

export interface LineCheckParts {
  readonly clock: Clock;
  readonly sockets: Sockets;
  readonly log: Log;
  readonly record: () => TeamRecord;
  readonly access: () => Promise<Result<string, RenewFault>>;
  /** Where the member's own line stands. */
  readonly hello: () => Hello;
}

export interface LineCheck {
  /** Begins anew, whatever ran before. `withSilence`: also measures, for minutes, how much silence the way bears. */
  start(withSilence: boolean): void;
  /** Resolves when there are more than `seen` findings, or no more to come. */
  look(seen: number): Promise<CheckView>;
  stop(): void;
}

export function createLineCheck(parts: LineCheckParts): LineCheck {
  let steps: readonly Step[] = [];
  let findings: readonly Finding[] = [];
  let movedAt = 0;
  let state: CheckView['state'] = 'stopped';
  let running: AbortController | undefined;
  const waiting = new Set<() => void>();

  const tell = (): void => {
    for (const look of [...waiting]) look();
  };
  const end = (how: CheckView['state']): void => {
    running?.abort();
    running = undefined;
    state = how;
    tell();
  };
  const run = async (subject: Subject, mine: AbortController): Promise<void> => {
    try {
      for await (const found of examine(subject, {
        sockets: parts.sockets,
        clock: parts.clock,
        signal: mine.signal,
      })) {
        if (running !== mine) return;
        findings = [...findings, found];
        movedAt = parts.clock.now();
        parts.log.info('line.finding', { says: found.says });
        tell();
      }
    } finally {
      if (running === mine) end('done');
    }
  };

  /** The step after the last one of which anything was found. */
  const waits = (): CheckView['waits'] => {
    const last = findings.at(-1)?.step;
    const next = steps[steps.findIndex(({ name }) => name === last) + 1];
    return state === 'running' && next?.takesMs !== undefined
      ? { step: next.name, since: movedAt, ms: next.takesMs }
      : null;
  };

  return {
    start: (withSilence) => {
      end('stopped');
      const subject = subjectOf(parts, withSilence);
      steps = stepsFor(subject);
      findings = [];
      state = 'running';
      running = new AbortController();
      background(run(subject, running), parts.log, 'line-check');
    },
    look: (seen) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (state === 'running' && findings.length <= seen) return;
          waiting.delete(look);
          resolve({ steps: steps.map(({ name }) => name), findings, waits: waits(), state });
        };
        waiting.add(look);
        look();
      }),
    stop: () => {
      if (state === 'running') end('stopped');
    },
  };
}

function subjectOf({ record, access, hello }: LineCheckParts, withSilence: boolean): Subject {
  const { address, fingerprint, relayTeam } = record();
  const target = targetOf(address, fingerprint);
  const at = splitAddress(target.address) ?? { host: target.address, port: 0 };
  const trust: Place['trust'] =
    target.isPlain === true
      ? { kind: 'plain' }
      : fingerprint === null
        ? { kind: 'authority' }
        : { kind: 'key', fingerprint };
  // From where the member's own line stands there is little to tell, and away is what that line outshines.
  const helloBeside = (): Hello => ({ ...hello(), focus: null, presence: 'away' });
  return { place: { ...at, trust }, team: relayTeam, access, hello: helloBeside, withSilence };
}
