/**
 * Keeps the window in a place that exists. Watches the store: takes up the place the core has open or the one remembered from
 * the last time, moves on when a team or channel goes away, enters a team just joined, and obeys what the world outside asks
 * for (a clicked notification, an invite link). `settle` is the pure rule; the rest carries it out.
 */
import type { WindowRequest, WindowState } from '../../electron/bridge/views.ts';
import type { Commands } from './commands.ts';
import { firstChannel } from './selectors.ts';
import { setUi, type Ui, type WindowStore } from './store.ts';

/** The place of the last time, kept by the page itself; a convenience, never needed. */
export interface PlaceMemory {
  read(): { readonly team: string; readonly channels: Readonly<Record<string, string>> } | null;
  write(place: {
    readonly team: string;
    readonly channels: Readonly<Record<string, string>>;
  }): void;
}

export interface Settled {
  readonly team: string | null;
  readonly channel: string | null;
}

/**
 * Where to be, given where one was: unchanged while it exists. A channel that was never there is waited for: the answer to a
 * command may come before the event that tells of what it made.
 * @param wasThere  whether the channel last shown has been seen to exist
 */
export function settle(
  state: WindowState,
  ui: Pick<Ui, 'team' | 'channels'>,
  wasThere: boolean,
): Settled {
  const team =
    ui.team !== null && state.teams[ui.team]
      ? ui.team
      : (state.teamOrder.find((id) => state.teams[id]) ?? null);
  const view = team === null ? undefined : state.teams[team];
  if (team === null || view === undefined) return { team: null, channel: null };
  const last = ui.channels[team];
  const known = last === undefined ? undefined : view.channels[last];
  // A public channel may be read before one joins it; a private one that was left may not.
  if (known && (known.isJoined || known.kind === 'public')) return { team, channel: known.id };
  if (last !== undefined && !known && !wasThere && team === ui.team) return { team, channel: last };
  return { team, channel: firstChannel(view) };
}

export interface PlaceParts {
  readonly store: WindowStore;
  readonly commands: Commands;
  readonly memory: PlaceMemory;
}

export function createPlaceKeeper({ store, commands, memory }: PlaceParts): { dispose(): void } {
  let isFirst = true;
  let taken = 0;
  let isBusy = false;
  let isAdopting = false;

  const obey = async (request: WindowRequest): Promise<void> => {
    taken = request.n;
    switch (request.kind) {
      case 'go-to':
        setUi(store, { overlay: null });
        await commands.goTo(
          request.team,
          request.channel,
          request.message === null ? 'unread' : { message: request.message },
        );
        break;
      case 'invite':
        commands.showWelcome({ invite: request.link });
        break;
      case 'settings':
        commands.show({ kind: 'settings', tab: 'profile' });
        break;
    }
    await commands.call('request.took', { n: request.n });
  };

  const adopt = (state: WindowState): void => {
    isFirst = false;
    const remembered = memory.read();
    const open = state.timeline;
    const channels = { ...remembered?.channels, ...(open && { [open.team]: open.channel }) };
    isAdopting = true;
    const team = open?.team ?? remembered?.team ?? null;
    setUi(store, { team, channels });
    isAdopting = false;
    // A remembered place was there once: if it is not, it is gone.
    if (team !== null) there = `${team}/${channels[team]}`;
  };

  const look = (): void => {
    if (isBusy) return;
    const state = store.getState().snapshot?.state;
    if (!state) return;
    // The commands below change the store; they must not bring us back here half-way.
    isBusy = true;
    try {
      if (isFirst) adopt(state);
      const awaited = store.getState().ui.awaitedTeam;
      if (awaited !== null && state.teams[awaited]) commands.openTeam(awaited);
      if (state.request !== null && state.request.n > taken) void obey(state.request);
      const { ui } = store.getState();
      const shown = ui.team === null ? undefined : ui.channels[ui.team];
      if (ui.team !== null && shown !== undefined && state.teams[ui.team]?.channels[shown])
        there = `${ui.team}/${shown}`;
      const { team, channel } = settle(state, ui, there === `${ui.team}/${shown}`);
      const isThere = state.timeline?.team === team && state.timeline?.channel === channel;
      const moved = team !== ui.team || (team !== null && channel !== (ui.channels[team] ?? null));
      if (team === null) {
        if (ui.team !== null) setUi(store, { team: null });
      } else if (channel === null) {
        if (moved) setUi(store, { team });
      } else if (moved || (!isThere && !wasAsked(team, channel))) {
        asked = `${team}/${channel}`;
        const { welcome } = ui;
        void commands.goTo(team, channel);
        // A team that changes in the background does not close the form a person is filling in.
        if (welcome !== null && ui.team !== null) setUi(store, { welcome });
      }
      const now = store.getState().ui;
      if (now.team !== null) memory.write({ team: now.team, channels: now.channels });
    } finally {
      isBusy = false;
    }
  };

  /** The last place that was seen to exist. */
  let there = '';
  // A channel is asked for once; if the core cannot open it, asking again at every batch would not help.
  let asked = '';
  const wasAsked = (team: string, channel: string): boolean => asked === `${team}/${channel}`;

  const stop = store.subscribe((model, before) => {
    if (
      model.snapshot === before.snapshot &&
      model.ui.team === before.ui.team &&
      model.ui.channels === before.ui.channels
    )
      return;
    const { team, channels } = model.ui;
    // Whoever moves asks for the channel too; only taking up a remembered place does not.
    if (!isAdopting && team !== null && model.ui.channels !== before.ui.channels)
      asked = `${team}/${channels[team] ?? ''}`;
    look();
  });
  look();
  return { dispose: stop };
}
