/**
 * What a person can do, as the features call it. Moves between places are made here; everything else is passed to the core,
 * and `attempt` turns a refusal into the remark at the foot of the window, for commands without a form of their own.
 */
import type { LandlineApi } from '../../electron/bridge/api.ts';
import type {
  CommandInput,
  CommandName,
  CommandResult,
  Problem,
} from '../../electron/bridge/commands.ts';
import { firstChannel } from './selectors.ts';
import { setUi, type Overlay, type Remark, type Ui, type WindowStore } from './store.ts';

export type OpenAt = CommandInput<'timeline.open'>['at'];

export interface Commands {
  /** Puts a command to the core and returns its answer. */
  call<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
  ): Promise<CommandResult<Name>>;
  /** The same for commands without a form: a refusal is said at the foot of the window. True when it was done. */
  attempt<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<boolean>;
  openTeam(team: string): void;
  goTo(team: string, channel: string, at?: OpenAt): Promise<boolean>;
  /** Opens the conversation with one person, made if need be. */
  goToMember(team: string, member: string): Promise<void>;
  toEnd(): Promise<void>;
  toComposer(): void;
  show(overlay: Overlay | null): void;
  showWelcome(welcome: Ui['welcome']): void;
  showSide(isOpen: boolean): void;
  edit(rowKey: string | null): void;
  /** Goes to a message whose edit was begun, and opens it. */
  continueEdit(team: string, channel: string, message: string): Promise<void>;
  /** The note about a text that came back has been read. */
  sawGivenBack(): void;
  markUnreadFrom(team: string, channel: string, message: string): Promise<void>;
  sawEnd(isAtEnd: boolean): void;
  sawStopped(team: string): void;
  say(remark: RemarkWithoutNumber | null): void;
  copy(text: string): Promise<void>;
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'n'> : never;
export type RemarkWithoutNumber = Unnumbered<Remark>;

export interface CommandParts {
  readonly api: LandlineApi;
  readonly store: WindowStore;
}

export function createCommands({ api, store }: CommandParts): Commands {
  let remarks = 0;
  const say = (remark: RemarkWithoutNumber | null): void =>
    setUi(store, { remark: remark === null ? null : { ...remark, n: ++remarks } });
  const problem = (one: Problem): void => say({ kind: 'problem', problem: one });

  const attempt = async <Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
  ): Promise<boolean> => {
    const answer = await api.call(name, input);
    if (!answer.ok) problem(answer.error);
    return answer.ok;
  };

  const goTo = async (team: string, channel: string, at: OpenAt = 'unread'): Promise<boolean> => {
    setUi(store, (ui) => {
      // The list of a channel that is open already stays, and tells its end only when that changes.
      const isHere = ui.team === team && ui.channels[team] === channel && ui.welcome === null;
      return {
        team,
        channels: { ...ui.channels, [team]: channel },
        welcome: null,
        isSideOpen: false,
        editing: null,
        heldUnread: null,
        isAtEnd: isHere && ui.isAtEnd,
        refused: null,
      };
    });
    const answer = await api.call('timeline.open', { team, channel, at });
    if (answer.ok) return true;
    const open = store.getState().snapshot?.state.timeline;
    // Where the channel is shown already, only the message asked for was not found; an empty place says itself why it is empty.
    if (open?.team === team && open.channel === channel) problem(answer.error);
    else setUi(store, { refused: { team, channel, problem: answer.error } });
    return false;
  };

  return {
    call: (name, input) => api.call(name, input),
    attempt,
    goTo,
    openTeam(team) {
      const state = store.getState().snapshot?.state.teams[team];
      // The answer to a command may come before the event that tells of the team.
      if (!state) return setUi(store, { awaitedTeam: team });
      const channel = store.getState().ui.channels[team] ?? firstChannel(state);
      setUi(store, { team, welcome: null, overlay: null, awaitedTeam: null });
      if (channel !== null) void goTo(team, channel);
      else void api.call('timeline.close', {});
    },
    async goToMember(team, member) {
      const answer = await api.call('channel.direct', { team, members: [member] });
      if (!answer.ok) return problem(answer.error);
      setUi(store, (ui) => ({ overlay: null, toComposer: ui.toComposer + 1 }));
      await goTo(team, answer.value.channel);
    },
    async toEnd() {
      const timeline = store.getState().snapshot?.state.timeline;
      if (timeline?.hasNewer === true)
        await attempt('timeline.open', {
          team: timeline.team,
          channel: timeline.channel,
          at: 'end',
        });
      setUi(store, (ui) => ({ toEnd: ui.toEnd + 1 }));
    },
    toComposer: () => setUi(store, (ui) => ({ toComposer: ui.toComposer + 1 })),
    show: (overlay) => setUi(store, { overlay }),
    showWelcome: (welcome) => setUi(store, { welcome, overlay: null }),
    showSide: (isSideOpen) => setUi(store, { isSideOpen }),
    edit: (editing) => setUi(store, { editing }),
    async continueEdit(team, channel, message) {
      const timeline = store.getState().snapshot?.state.timeline;
      const isHere =
        timeline?.team === team &&
        timeline.channel === channel &&
        timeline.rows.some((row) => row.key === message);
      if (isHere || (await goTo(team, channel, { message }))) setUi(store, { editing: message });
    },
    sawGivenBack: () => setUi(store, { givenBack: null }),
    async markUnreadFrom(team, channel, message) {
      // Before the call, or the mark would be read away again by the very look that follows it.
      setUi(store, { heldUnread: channel });
      if (await attempt('read.unmark', { team, channel, message }))
        say({ kind: 'done', what: 'marked-unread' });
      else setUi(store, { heldUnread: null });
    },
    sawEnd: (isAtEnd) => {
      if (store.getState().ui.isAtEnd !== isAtEnd) setUi(store, { isAtEnd });
    },
    sawStopped: (stoppedSeen) => setUi(store, { stoppedSeen }),
    say,
    async copy(text) {
      if (await attempt('clipboard.write', { text })) say({ kind: 'done', what: 'copied' });
    },
  };
}
