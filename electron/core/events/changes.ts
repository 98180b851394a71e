/**
 * What may have changed, by name. The rooms of the core tell it here and say nothing of the new values: whoever draws
 * reads those from the core when it is time to draw, so that ten changes of one thing cost one event, the last.
 */
export interface Changes {
  settings(): void;
  teamOrder(): void;
  /** A team appeared, or everything of it may be different. */
  teamState(team: string): void;
  teamGone(team: string): void;
  team(team: string): void;
  channel(team: string, channel: string): void;
  member(team: string, member: string): void;
  /** Drafts, or what of the outbox is out of sight. */
  unsent(team: string): void;
  presence(team: string, member: string): void;
  typing(team: string, channel: string): void;
  /** A message, in the cache or in the outbox. */
  message(team: string, channel: string, message: string): void;
  note(team: string, channel: string, seq: number): void;
  /** Which stretches of the channel are here, or its head. */
  stretch(team: string, channel: string): void;
  requests(): void;
  notices(): void;
}
