/**
 * The number and the dot on the icon, from what the window shows of each team: one source, so that they never disagree.
 */
import type { TeamView } from '../../bridge/views.ts';

export interface Badge {
  readonly count: number;
  readonly hasUnread: boolean;
}

export const badgeOf = (teams: readonly Pick<TeamView, 'mentions' | 'hasUnread'>[]): Badge => ({
  count: teams.reduce((sum, team) => sum + team.mentions, 0),
  hasUnread: teams.some((team) => team.hasUnread),
});
