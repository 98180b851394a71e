/**
 * The teams of this computer, in the order of the rail. Each lives on its own; one that breaks is thrown away and made
 * anew from what is on disk, the others do not notice.
 */
import type { SignedIn } from '../../../protocol/http.ts';
import { errorName } from '../background.ts';
import type { Data, Finding } from '../cache/data.ts';
import type { TeamRecord } from '../cache/ledger-rows.ts';
import { SqliteFailure } from '../cache/sqlite.ts';
import type { Changes } from '../events/changes.ts';
import type { NewId } from '../new-id.ts';
import type { Herald } from '../notify/herald.ts';
import type { Clock, Log, SecretBox } from '../ports.ts';
import { LOST_EPOCH, teamFacts, type Team } from './team.ts';
import { sealPair } from './tokens.ts';

export interface RegistryParts {
  readonly data: Data;
  readonly clock: Clock;
  readonly secrets: SecretBox;
  readonly log: Log;
  readonly changes: Changes;
  readonly herald: Herald;
  readonly newId: NewId;
  /** Builds a team over the cache that is open now. */
  readonly make: (record: TeamRecord, onBroken: (error: unknown) => void) => Team;
  /** A database was damaged and mended. */
  readonly onFindings: (findings: readonly Finding[]) => void;
  /** A database cannot be written now, through no fault of its content. */
  readonly onUnwritable: (why: 'disk-full' | 'folder-unusable') => void;
}

export interface NewTeam {
  readonly address: string;
  readonly fingerprint: string | null;
  readonly device: string;
  readonly isHostedHere: boolean;
  readonly signedIn: SignedIn;
}

export interface Registry {
  readonly all: readonly Team[];
  readonly order: readonly string[];
  get(id: string): Team | undefined;
  /** Joined, set up or signed in: the team starts at once. */
  add(team: NewTeam): Team;
  /** A membership that is already here, at this relay's team. */
  find(relayTeam: string, me: string): Team | undefined;
  /**
   * Other tokens, and perhaps another address, for a membership that is here. The relay is the
   * same.
   */
  signInAgain(team: Team, anew: NewTeam): void;
  /**
   * Another relay takes the membership over, as a person has confirmed. It gets what no relay has
   * acknowledged; what the old one acknowledged stays in the journal for the old one alone, and
   * what came from the old one goes.
   */
  replaceRelay(team: Team, anew: NewTeam): void;
  signOut(team: Team): void;
  /** Takes the team off this computer, with everything of it. */
  forget(team: Team): void;
  reorder(order: readonly string[]): void;
  /** Something failed on a database: what can be mended is. True when everything was made anew. */
  failed(error: unknown): boolean;
  startAll(): void;
  dispose(): void;
}

/** A team that breaks on every frame must not take the relay's and the computer's time. */
const MEND_MS = { first: 1_000, most: 60_000 } as const;

export function createRegistry(parts: RegistryParts): Registry {
  const { data, clock, secrets, log, changes, herald, newId } = parts;
  let teams: Team[] = [];
  const broken = new Map<string, number>();

  const make = (record: TeamRecord): Team => {
    const team: Team = parts.make(record, (error) => mend(team, error));
    return team;
  };

  const replace = (before: Team, after: Team): void => {
    teams = teams.map((team) => (team === before ? after : team));
    changes.teamState(after.id);
  };

  /** What a team holds in memory may be half of something: it starts over from the disk, and waits longer each time. */
  const mend = (team: Team, error: unknown): void => {
    if (!teams.includes(team)) return;
    log.error('team.broken', { team: team.replica.team.key, error: errorName(error) });
    if (failed(error)) return;
    const faults = (broken.get(team.id) ?? 0) + 1;
    broken.set(team.id, faults);
    startLater(remake(team), Math.min(MEND_MS.most, MEND_MS.first * 2 ** Math.min(faults - 1, 10)));
  };

  const remake = (team: Team, record: TeamRecord = team.record): Team => {
    team.dispose();
    const anew = make(record);
    replace(team, anew);
    return anew;
  };

  /**
   * The old team ends first, so that nothing of it is written, or sent, under the new record.
   * `within` is committed together with that record. A disk that fails leaves the old one.
   */
  const become = (
    team: Team,
    change: Partial<TeamRecord>,
    within: () => void = () => undefined,
  ): void => {
    team.dispose();
    const record = { ...team.record, ...change };
    try {
      data.ledger.db.transaction('team.become', () => {
        within();
        data.ledger.rows.putTeam(record);
      });
    } catch (error) {
      remake(team).start();
      throw error;
    }
    remake(team, record).start();
  };

  /** Mends what all teams stand on. True: it was that, and everything was made anew. */
  const failed = (error: unknown): boolean => {
    if (!(error instanceof SqliteFailure)) return false;
    if (isCacheFault(error)) return makeAllAnew(teams, () => [data.rebuildCache()]);
    if (error.fault === 'damaged' && error.path === data.ledger.db.path)
      return makeAllAnew(teams, () => mendLedger(teams));
    parts.onUnwritable(error.fault === 'full' ? 'disk-full' : 'folder-unusable');
    return false;
  };

  const isCacheFault = ({ fault, path }: SqliteFailure): boolean =>
    (fault === 'damaged' || fault === 'misfit') && path === data.cache().db.path;

  /** True in any case: where the disk fails again and again, all teams wait before they begin. */
  const makeAllAnew = (before: readonly Team[], mend: () => readonly Finding[]): true => {
    for (const team of before) team.dispose();
    let isMended = false;
    try {
      parts.onFindings(mend());
      isMended = true;
    } catch (error) {
      log.error('data.not-mended', { error: errorName(error) });
      parts.onUnwritable('folder-unusable');
    }
    for (const team of before) {
      const anew = make(team.record);
      replace(team, anew);
      if (isMended) anew.start();
      else startLater(anew, MEND_MS.most);
    }
    return true;
  };

  const startLater = (team: Team, ms: number): void =>
    void clock.after(ms, () => {
      if (teams.includes(team)) team.start();
    });

  /** What the teams hold in memory is whole, whatever became of the file. */
  const mendLedger = (before: readonly Team[]): readonly Finding[] => {
    const inMemory = before.map(({ record, outbox, drafts, names }) => {
      const kept = { record, outbox: [...outbox.rows], drafts: [...drafts.all] };
      const channels = [...kept.outbox, ...kept.drafts].map(({ channel }) => channel);
      return { ...kept, names: new Map(channels.map((one) => [one, names.of(one)])) };
    });
    const findings = data.mendLedger();
    const { db, rows, outbox, drafts } = data.ledger;
    db.transaction('ledger.put-back', () => {
      for (const one of inMemory) {
        rows.restoreTeam(one.record);
        rows.putTeam(one.record);
        for (const row of one.outbox) outbox.restore(one.record.key, row);
        for (const draft of one.drafts) drafts.put(one.record.key, draft);
        for (const [channel, name] of one.names)
          if (name) drafts.putName(one.record.key, channel, name);
      }
    });
    return findings;
  };

  /** The first reading of what is on the disk. What cannot be read of the cache is damage, whatever the error is called. */
  const load = (): readonly Team[] => {
    const made: Team[] = [];
    try {
      for (const record of data.ledger.rows.teams()) made.push(make(record));
      return made;
    } catch (error) {
      for (const team of made) team.dispose();
      throw error;
    }
  };

  const loadOrMend = (): readonly Team[] => {
    try {
      return load();
    } catch (error) {
      if (isOfDisk(error)) throw error;
      log.error('team.unreadable', { error: errorName(error) });
      parts.onFindings([data.rebuildCache()]);
      return load();
    }
  };

  const credentials = ({
    address,
    fingerprint,
    device,
    signedIn,
  }: NewTeam): Partial<TeamRecord> => ({
    address,
    fingerprint,
    device,
    ...teamFacts(signedIn.team),
    handle: signedIn.member.handle,
    displayName: signedIn.member.name,
    role: signedIn.member.role,
    session: signedIn.session,
    standing: 'in',
    ...sealPair(signedIn.tokens, secrets, clock),
  });

  const wipeTokens = (team: Team, standing: TeamRecord['standing']): void =>
    team.save({ standing, sealedAccess: null, sealedRefresh: null, accessExpiresAt: 0 });

  return {
    get all() {
      return teams;
    },
    get order() {
      return teams.map((team) => team.id);
    },
    get: (id) => teams.find((team) => team.id === id),
    find: (relayTeam, me) =>
      teams.find((team) => team.record.relayTeam === relayTeam && team.record.me === me),
    add: (added) => {
      const { signedIn } = added;
      const record = data.ledger.rows.addTeam({
        id: newId(),
        place: teams.length,
        address: added.address,
        fingerprint: added.fingerprint,
        relayTeam: signedIn.team.id,
        ...teamFacts(signedIn.team),
        me: signedIn.member.id,
        handle: signedIn.member.handle,
        displayName: signedIn.member.name,
        role: signedIn.member.role,
        device: added.device,
        session: signedIn.session,
        presence: 'here',
        isHostedHere: added.isHostedHere,
        standing: 'in',
        epoch: null,
        ...sealPair(signedIn.tokens, secrets, clock),
      });
      const team = make(record);
      teams = [...teams, team];
      changes.teamState(team.id);
      changes.teamOrder();
      team.start();
      return team;
    },
    signInAgain: (team, anew) => become(team, credentials(anew)),
    replaceRelay: (team, anew) => {
      const { key } = team.record;
      const { isHostedHere } = anew;
      herald.forgetTeam(team.id);
      become(team, { ...credentials(anew), isHostedHere, epoch: LOST_EPOCH }, () => {
        data.ledger.outbox.removeAcknowledged(key);
        // Before the record: a crash between the two costs a download, and gives nothing away.
        const cache = data.cache();
        cache.db.transaction('team.replace-relay', () => cache.teams.clearTeam(key));
      });
    },
    signOut: (team) => {
      team.connection.stop('signed-out');
      wipeTokens(team, 'signed-out');
    },
    forget: (team) => {
      team.dispose();
      teams = teams.filter((one) => one !== team);
      herald.forgetTeam(team.id);
      const { key } = team.record;
      data.ledger.rows.removeTeam(key);
      data.cache().db.transaction('team.forget', () => data.cache().teams.removeTeam(key));
      // What was deleted must not linger in the logs beside the files.
      data.cache().db.pragma('wal_checkpoint(TRUNCATE)');
      data.ledger.db.pragma('wal_checkpoint(TRUNCATE)');
      data.removeCacheCopies();
      changes.teamGone(team.id);
      changes.teamOrder();
    },
    reorder: (order) => {
      const placeOf = (team: Team): number =>
        order.includes(team.id) ? order.indexOf(team.id) : order.length;
      teams = [...teams].sort((a, b) => placeOf(a) - placeOf(b));
      data.ledger.db.transaction('team.order', () =>
        teams.forEach((team, place) => team.save({ place })),
      );
      changes.teamOrder();
    },
    failed,
    startAll: () => {
      teams = [...loadOrMend()];
      for (const team of teams) team.start();
    },
    dispose: () => {
      for (const team of teams) team.dispose();
    },
  };
}

/** It cannot be read now, and would not be after the cache was made anew. */
const isOfDisk = (error: unknown): boolean =>
  error instanceof SqliteFailure && error.fault !== 'damaged' && error.fault !== 'misfit';
