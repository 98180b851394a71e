import { describe, expect, it } from 'vitest';
import type { BridgeEvent, Snapshot } from '../../electron/bridge/events.ts';
import { demoWorld, emptyTeam, TEAM } from '../dev/demo-world.ts';
import { newChannel } from '../dev/fake-channels.ts';
import { createFakeBridge, type FakeBridge } from '../dev/fake-bridge.ts';
import { message, type FakeWorld } from '../dev/fake-core.ts';
import { createCommands } from './commands.ts';
import { createFeed } from './feed.ts';
import { createLookout } from './look.ts';
import { createPlaceKeeper, settle, type PlaceMemory } from './place.ts';
import { createWindowStore, setUi, type WindowStore } from './store.ts';

const NOW = new Date(2026, 2, 11, 10, 6).getTime();

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Opened {
  readonly bridge: FakeBridge;
  readonly store: WindowStore;
  readonly commands: ReturnType<typeof createCommands>;
  readonly ui: () => ReturnType<WindowStore['getState']>['ui'];
  readonly calls: (name: string) => readonly unknown[];
}

async function openWindow(
  world: FakeWorld = demoWorld({ now: NOW }),
  place: ReturnType<PlaceMemory['read']> = null,
): Promise<Opened> {
  const bridge = createFakeBridge(world, { now: () => NOW, later: (act) => act() });
  const store = createWindowStore();
  const commands = createCommands({ api: bridge, store });
  await createFeed({ api: bridge, store }).opened;
  createPlaceKeeper({ store, commands, memory: { read: () => place, write: () => undefined } });
  createLookout({ store, commands });
  await settled();
  return {
    bridge,
    store,
    commands,
    ui: () => store.getState().ui,
    calls: (name) => bridge.calls.filter((call) => call.name === name).map((call) => call.input),
  };
}

const watch = (opened: Opened, isFocused = true): void =>
  setUi(opened.store, { isFocused, isVisible: true });

describe('the feed', () => {
  it('holds what the core holds, after any batches', async () => {
    const { bridge, store } = await openWindow();
    bridge.say(TEAM, 'launch', 'ada', 'one');
    bridge.say(TEAM, 'design', 'lin', 'two');
    expect(store.getState().snapshot?.state).toEqual(bridge.state());
  });

  it('loses no batch that comes between listening and the snapshot', async () => {
    const world = demoWorld({ now: NOW });
    const early: BridgeEvent = { kind: 'team-order', order: ['hx', TEAM] };
    const store = createWindowStore();
    const bridge = createFakeBridge(world, { now: () => NOW });
    const api = {
      ...bridge,
      async call(...put: Parameters<typeof bridge.call>) {
        const answer = await bridge.call(...put);
        // After the snapshot was taken, before it arrives.
        if (put[0] === 'open') bridge.emit(early);
        return answer;
      },
    };
    await createFeed({ api: api as typeof bridge, store }).opened;
    expect(store.getState().snapshot?.state.teamOrder).toEqual(['hx', TEAM]);
    expect(store.getState().snapshot?.n).toBe(1);
  });

  it('asks for the whole again when a batch is missing', async () => {
    const world = demoWorld({ now: NOW });
    const store = createWindowStore();
    let listener: Parameters<FakeBridge['onBatch']>[0] = () => undefined;
    let core: Snapshot = { n: 0, state: world.state };
    let opens = 0;
    const api = {
      host: 'browser' as const,
      call: () => {
        opens++;
        return Promise.resolve({ ok: true as const, value: core });
      },
      onBatch: (one: typeof listener) => {
        listener = one;
        return () => undefined;
      },
    };
    await createFeed({ api: api, store }).opened;
    core = { n: 2, state: { ...world.state, teamOrder: [] } };
    listener({ n: 2, events: [] });
    await settled();
    expect([opens, store.getState().snapshot]).toEqual([2, core]);
  });

  it('announces each new message of others once, and no page of history', async () => {
    const { bridge, commands, ui } = await openWindow(demoWorld({ now: NOW, older: 200 }));
    await commands.goTo(TEAM, 'launch', 'end');
    await settled();
    expect(ui().announcement).toBeNull();
    bridge.say(TEAM, 'launch', 'ada', 'hello');
    expect(ui().announcement).toMatchObject({ n: 1, messages: [{ author: 'ada', text: 'hello' }] });
    await commands.call('timeline.older', {});
    bridge.say(TEAM, 'launch', 'priya', 'my own');
    bridge.say(TEAM, 'design', 'ada', 'in another channel');
    expect(ui().announcement?.n).toBe(1);
    bridge.emit({
      kind: 'rows',
      put: [10_001, 10_002, 10_003, 10_004].map((seq) =>
        message({ id: `many-${seq}`, seq, author: 'ada', at: NOW, text: 'x' }),
      ),
      gone: [],
      hasOlder: true,
      hasNewer: false,
    });
    expect(ui().announcement).toMatchObject({ n: 2, count: 4, messages: [] });
  });
});

describe('the place', () => {
  it('is the remembered one, and its timeline is asked for once', async () => {
    const { ui, calls } = await openWindow(undefined, {
      team: TEAM,
      channels: { [TEAM]: 'design' },
    });
    expect([ui().team, ui().channels[TEAM]]).toEqual([TEAM, 'design']);
    expect(calls('timeline.open')).toEqual([{ team: TEAM, channel: 'design', at: 'unread' }]);
  });

  it('is what calls the person when nothing is remembered', async () => {
    const { ui } = await openWindow();
    expect(ui().channels[TEAM]).toBe('dm-lin');
  });

  it('moves on when the team goes away', async () => {
    const { bridge, ui } = await openWindow();
    bridge.emit({ kind: 'team-gone', team: TEAM });
    await settled();
    expect([ui().team, ui().channels['hx']]).toEqual(['hx', 'hx-general']);
    bridge.emit({ kind: 'team-gone', team: 'hx' });
    expect(ui().team).toBeNull();
  });

  it('leaves a private channel that was left, and stays in a public one', () => {
    const { state } = demoWorld({ now: NOW });
    const team = state.teams[TEAM]!;
    const left = (id: string, kind: 'public' | 'private') => ({
      ...state,
      teams: {
        ...state.teams,
        [TEAM]: {
          ...team,
          channels: { ...team.channels, [id]: { ...team.channels[id]!, kind, isJoined: false } },
        },
      },
    });
    const ui = { team: TEAM, channels: { [TEAM]: 'board' } };
    expect(settle(left('board', 'public'), ui, true).channel).toBe('board');
    expect(settle(left('board', 'private'), ui, true).channel).not.toBe('board');
  });

  it('waits for a channel whose making was answered before it was told of', async () => {
    const { bridge, commands, ui } = await openWindow();
    bridge.refuse('timeline.open', { kind: 'offline' });
    await commands.goTo(TEAM, 'fresh');
    bridge.emit({ kind: 'team-order', order: [TEAM, 'hx'] });
    expect(ui().channels[TEAM]).toBe('fresh');
    bridge.emit({ kind: 'channels', team: TEAM, channels: [newChannel('fresh', {})], gone: [] });
    expect(ui().channels[TEAM]).toBe('fresh');
    bridge.emit({ kind: 'channels', team: TEAM, channels: [], gone: ['fresh'] });
    expect(ui().channels[TEAM]).not.toBe('fresh');
  });

  it('enters a team just joined, though the answer came before the team', async () => {
    const { bridge, commands, ui } = await openWindow();
    commands.showWelcome({ invite: null });
    commands.openTeam('new');
    expect([ui().team, ui().welcome]).toEqual([TEAM, { invite: null }]);
    bridge.emit({ kind: 'team-state', team: 'new', state: emptyTeam('new', 'New') });
    expect([ui().team, ui().welcome]).toEqual(['new', null]);
    bridge.emit({ kind: 'channels', team: 'new', channels: [newChannel('general', {})], gone: [] });
    expect(ui().channels['new']).toBe('general');
  });

  it('says in its place why a channel could not be opened', async () => {
    const { bridge, commands, ui } = await openWindow();
    bridge.refuse('timeline.open', { kind: 'offline' });
    expect(await commands.goTo(TEAM, 'lunch')).toBe(false);
    expect(ui().refused).toEqual({ team: TEAM, channel: 'lunch', problem: { kind: 'offline' } });
    bridge.refuse('timeline.open', null);
    await commands.goTo(TEAM, 'lunch');
    expect(ui().refused).toBeNull();
  });

  it('goes where a notification points, and says so when it is there', async () => {
    const { bridge, ui, calls } = await openWindow();
    bridge.emit({
      kind: 'request',
      request: { n: 7, kind: 'go-to', team: TEAM, channel: 'design', message: 'design-3' },
    });
    await settled();
    expect(ui().channels[TEAM]).toBe('design');
    expect(calls('timeline.open').at(-1)).toEqual({
      team: TEAM,
      channel: 'design',
      at: { message: 'design-3' },
    });
    expect(calls('request.took')).toEqual([{ n: 7 }]);
    expect(bridge.state().request).toBeNull();
  });

  it('shows an invite link from outside, ready to be looked at', async () => {
    const { bridge, ui } = await openWindow();
    bridge.emit({ kind: 'request', request: { n: 1, kind: 'invite', link: 'landline://join?x' } });
    await settled();
    expect(ui().welcome).toEqual({ invite: 'landline://join?x' });
  });
});

describe('what is seen', () => {
  it('is told once for each change', async () => {
    const opened = await openWindow();
    watch(opened);
    opened.commands.sawEnd(true);
    opened.commands.sawEnd(true);
    expect(opened.calls('view.look').slice(-2)).toEqual([
      { team: TEAM, channel: 'dm-lin', isAtEnd: false, isFocused: true },
      { team: TEAM, channel: 'dm-lin', isAtEnd: true, isFocused: true },
    ]);
  });

  it('is read only at the end, focused and visible', async () => {
    const opened = await openWindow();
    watch(opened, false);
    opened.commands.sawEnd(true);
    expect(opened.calls('read.mark')).toEqual([]);
    watch(opened);
    expect(opened.calls('read.mark')).toEqual([{ team: TEAM, channel: 'dm-lin', seq: 3 }]);
    opened.bridge.say(TEAM, 'dm-lin', 'lin', 'another');
    expect(opened.calls('read.mark').at(-1)).toEqual({ team: TEAM, channel: 'dm-lin', seq: 4 });
  });

  it('a mark set by hand is not read away until one comes back', async () => {
    const opened = await openWindow();
    watch(opened);
    opened.commands.sawEnd(true);
    await opened.commands.markUnreadFrom(TEAM, 'dm-lin', 'dm-lin-3');
    const marks = opened.calls('read.mark').length;
    opened.bridge.say(TEAM, 'dm-lin', 'lin', 'more');
    expect(opened.calls('read.mark').length).toBe(marks);
    expect(opened.calls('view.look').at(-1)).toMatchObject({ isAtEnd: false });
    await opened.commands.goTo(TEAM, 'design');
    await opened.commands.goTo(TEAM, 'dm-lin');
    opened.commands.sawEnd(true);
    expect(opened.calls('read.mark').length).toBeGreaterThan(marks);
  });

  it('covers nothing while the welcome screen lies over it', async () => {
    const opened = await openWindow();
    watch(opened);
    opened.commands.showWelcome({ invite: null });
    expect(opened.calls('view.look').at(-1)).toMatchObject({ channel: null });
  });
});

it('a refusal without a form is said at the foot of the window', async () => {
  const { bridge, commands, ui } = await openWindow();
  bridge.refuse('channel.join', { kind: 'offline' });
  expect(await commands.attempt('channel.join', { team: TEAM, channel: 'lunch' })).toBe(false);
  expect(ui().remark).toMatchObject({ kind: 'problem', problem: { kind: 'offline' } });
});
