/**
 * What accounts ask of the team's domain: to found a team and to take a person in. Both write members, channels and feed events in
 * the caller's transaction, so that an account and its member exist together or not at all. `server/domain/` fulfils it.
 */
import type { Member, Role, Team } from '../../protocol/entities.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type { Result } from '../../protocol/result.ts';
import type { WriteTx } from '../ports/store.ts';

export interface PersonDraft {
  readonly handle: string;
  readonly name: string;
}

export interface People {
  /** Makes the team, its owner and the channel everybody is in. Refuses `setup-done` when there is a team. */
  foundTeam(
    tx: WriteTx,
    draft: { readonly team: string; readonly owner: PersonDraft },
  ): Promise<Result<{ readonly team: Team; readonly member: Member }, Refusal>>;
  /** Makes a member. Refuses `taken` (field `handle`) when somebody has the handle. */
  addMember(tx: WriteTx, draft: PersonDraft & { readonly role: Role }): Promise<Result<Member, Refusal>>;
}
