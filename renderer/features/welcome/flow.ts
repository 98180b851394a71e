/**
 * The way into a team, as states. Pure: the screens draw the state, the feature puts the commands.
 *
 *   choose ──start──▶ start (account) ─────────────────────────────▶ in
 *      │
 *      └──invite──▶ invite ──probe──▶ found, trust came along ──────▶ account ──▶ in
 *                     ▲  │                                            ▲
 *                     │  ├──────▶ found, trust must be compared ──▶ compare
 *                     │  ├──────▶ found, a team here has another key ──▶ replace ──▶ account
 *                     └── refused (said beside the field), or the key is another: stop
 */
import type { KnownTeam, Problem, RelayFound } from '../../../electron/bridge/commands.ts';

export type Step =
  | { readonly at: 'choose' }
  | { readonly at: 'start' }
  | {
      readonly at: 'invite';
      readonly typed: string;
      readonly isProbing: boolean;
      readonly problem: Problem | null;
    }
  | { readonly at: 'compare'; readonly typed: string; readonly found: RelayFound }
  | { readonly at: 'replace'; readonly typed: string; readonly found: Replacing }
  | {
      readonly at: 'account';
      readonly typed: string;
      readonly found: RelayFound;
      readonly as: Entry;
    }
  | { readonly at: 'stop'; readonly typed: string; readonly problem: Problem };

/** A relay that claims a team which is on this computer under another key. */
export type Replacing = RelayFound & { readonly replaces: KnownTeam };

/** How one comes in: the first person makes the team, an invited one joins, a member signs in. */
export type Entry = 'setup' | 'join' | 'sign-in';

export type Move =
  | { readonly kind: 'start' }
  | { readonly kind: 'invite'; readonly typed?: string }
  | { readonly kind: 'type'; readonly typed: string }
  | { readonly kind: 'probe' }
  | { readonly kind: 'found'; readonly found: RelayFound }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'compared' }
  | { readonly kind: 'as'; readonly as: Entry }
  | { readonly kind: 'back' };

export const FIRST: Step = { at: 'choose' };

/** Who has the team here already is a member there. */
const entryOf = ({ needsSetup, invite, replaces }: RelayFound): Entry => {
  if (needsSetup) return 'setup';
  return invite === null || replaces !== null ? 'sign-in' : 'join';
};

/** Both keys are compared there, so that `compare` has nothing to add. */
const replace = (typed: string, found: RelayFound, replaces: KnownTeam): Step => ({
  at: 'replace',
  typed,
  found: { ...found, replaces },
});

export function move(step: Step, one: Move): Step {
  switch (one.kind) {
    case 'start':
      return { at: 'start' };
    case 'invite':
      return { at: 'invite', typed: one.typed ?? '', isProbing: false, problem: null };
    case 'type':
      return step.at === 'invite' ? { ...step, typed: one.typed, problem: null } : step;
    case 'probe':
      return step.at === 'invite' && step.typed.trim() !== ''
        ? { ...step, isProbing: true, problem: null }
        : step;
    case 'found': {
      // An answer to what is no longer asked changes nothing.
      if (step.at !== 'invite' || !step.isProbing) return step;
      const { found } = one;
      if (found.replaces !== null) return replace(step.typed, found, found.replaces);
      if (found.fingerprint !== null && !found.isPinnedByInvite)
        return { at: 'compare', typed: step.typed, found };
      return { at: 'account', typed: step.typed, found, as: entryOf(found) };
    }
    case 'refused':
      if (one.problem.kind === 'key-mismatch' && step.at !== 'choose' && step.at !== 'start') {
        return { at: 'stop', typed: step.typed, problem: one.problem };
      }
      if (step.at === 'account' && one.problem.replaces !== undefined)
        return replace(step.typed, step.found, one.problem.replaces);
      return step.at === 'invite' ? { ...step, isProbing: false, problem: one.problem } : step;
    case 'compared':
      return step.at === 'compare' || step.at === 'replace'
        ? { at: 'account', typed: step.typed, found: step.found, as: entryOf(step.found) }
        : step;
    case 'as':
      return step.at === 'account' ? { ...step, as: one.as } : step;
    case 'back':
      switch (step.at) {
        case 'compare':
        case 'replace':
        case 'account':
        case 'stop':
          return { at: 'invite', typed: step.typed, isProbing: false, problem: null };
        case 'invite':
          return step.isProbing ? { ...step, isProbing: false } : FIRST;
        case 'choose':
        case 'start':
          return FIRST;
      }
  }
}
