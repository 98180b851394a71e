/**
 * Keeps the relay of this computer running: starts it when the core asks, starts it again when it falls, and ends it with the
 * host. It does not know what kind of process the relay is; each host brings that as `spawn`.
 *
 *   idle ── start ──► starting ── ready ──► running ── start, and its setup code is old ──► ending ──► starting
 *     ▲                  │                    │
 *     └──── too late ────┴──── fell ─────► resting ── back-off ──► starting
 *
 * A relay that fell before its first ready line is not tried again by itself: whoever asked is told `cannot-host`. One that still has
 * its setup code has no team, so that to start it again for a fresh code disturbs nobody.
 */
import { fail, ok, type Result } from '../../protocol/result.ts';
import { background } from '../core/background.ts';
import type { Clock, LocalRelay, Log } from '../core/ports.ts';
import type { RelayDoor } from './relay-port.ts';

export interface RelayReady {
  readonly address: string;
  readonly fingerprint: string;
  readonly setupCode: string | null;
}

export interface RelayProcess {
  /** Asks it to finish its commits and end; resolves when it is gone, by force if need be. */
  stop(): Promise<void>;
}

export interface RelayProcessEvents {
  onReady(ready: RelayReady): void;
  /** Once, however it ended; also when it could not be started at all. */
  onExit(): void;
}

export interface RelayKeeperParts {
  /** Where it shall listen; asked before every start. */
  readonly chooseDoor: () => Promise<RelayDoor>;
  readonly spawn: (door: RelayDoor, events: RelayProcessEvents) => RelayProcess;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RelayKeeper extends LocalRelay {
  /** Ends the relay and keeps it ended. */
  stop(): Promise<void>;
}

type Started = Result<RelayReady, 'cannot-host'>;

const READY_LIMIT_MS = 20_000;
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 30_000;
/** After this long upright the next fall is a first fall again. */
const HEALTHY_MS = 60_000;
/** A setup code is good for days (`inviteDays`); one that is nearly over would be over by the time the form is filled in. */
const CODE_MS = 24 * 60 * 60_000;

export function createRelayKeeper({
  chooseDoor,
  spawn,
  clock,
  log,
}: RelayKeeperParts): RelayKeeper {
  let current: RelayProcess | undefined;
  let ready: RelayReady | undefined;
  let codeUntil = 0;
  let isLaunching = false;
  let isStopped = false;
  let restMs = FIRST_REST_MS;
  let cancelRest = (): void => undefined;
  const waiting = new Set<(started: Started) => void>();

  const answer = (started: Started): void => {
    for (const tell of [...waiting]) tell(started);
    waiting.clear();
  };

  const rest = (): void => {
    cancelRest = clock.after(restMs, () => background(launch(false), log, 'relay.launch'));
    restMs = Math.min(restMs * 2, LONGEST_REST_MS);
  };

  const launch = async (isFirst: boolean): Promise<void> => {
    isLaunching = true;
    let door: RelayDoor;
    try {
      door = await chooseDoor();
    } catch (error) {
      log.error('relay.no-door', { error });
      answer(fail('cannot-host'));
      return;
    } finally {
      isLaunching = false;
    }
    if (isStopped) return;
    run(door, isFirst);
  };

  const run = (door: RelayDoor, isFirst: boolean): void => {
    let readyAt: number | undefined;
    let hasEnded = false;
    const cancelLimit = clock.after(READY_LIMIT_MS, () => {
      if (readyAt !== undefined || hasEnded) return;
      log.error('relay.silent');
      background(mine.stop(), log, 'relay.stop');
    });
    const onReady = (given: RelayReady): void => {
      if (hasEnded) return;
      readyAt = clock.monotonic();
      ready = given;
      codeUntil = clock.now() + CODE_MS;
      log.info('relay.ready', { address: given.address });
      answer(ok(given));
    };
    const onExit = (): void => {
      if (hasEnded) return;
      hasEnded = true;
      cancelLimit();
      current = undefined;
      ready = undefined;
      if (isStopped) return answer(fail('cannot-host'));
      // It was ended on purpose, and the next one is on its way.
      if (isLaunching) return;
      log.error('relay.fell', { wasReady: readyAt !== undefined });
      if (isFirst && readyAt === undefined) return answer(fail('cannot-host'));
      if (readyAt !== undefined && clock.monotonic() - readyAt >= HEALTHY_MS)
        restMs = FIRST_REST_MS;
      rest();
    };
    const mine = spawn(door, { onReady, onExit });
    if (!hasEnded) current = mine;
  };

  /** Ends the one that runs, for another with a fresh code. */
  const renew = async (old: RelayProcess): Promise<void> => {
    isLaunching = true;
    ready = undefined;
    log.info('relay.code-is-old');
    await old.stop();
    await launch(true);
  };

  return {
    isAvailable: true,
    async start() {
      if (isStopped) return fail('cannot-host');
      if (ready !== undefined && (ready.setupCode === null || clock.now() < codeUntil))
        return ok(ready);
      const { promise, resolve } = Promise.withResolvers<Started>();
      waiting.add(resolve);
      if (ready !== undefined && current !== undefined)
        background(renew(current), log, 'relay.renew');
      else if (current === undefined && !isLaunching) {
        cancelRest();
        background(launch(true), log, 'relay.launch');
      }
      return promise;
    },
    wasSetUp() {
      if (ready !== undefined) ready = { ...ready, setupCode: null };
    },
    async stop() {
      isStopped = true;
      cancelRest();
      answer(fail('cannot-host'));
      await current?.stop();
    },
  };
}
