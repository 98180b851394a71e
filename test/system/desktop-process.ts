/**
 * A desktop as a process of its own: the real core over the real network, on a folder of its own, with one window, driven by its parent.
 * It answers commands of the bridge, and tells by itself what its window shows: the state of its line and outbox, and each message row
 * once it stands at the relay. The parent writes the history; this process may be killed at any moment.
 */
import { flushCompileCache } from 'node:module';
import process from 'node:process';
import { systemSockets } from '../../doctor/sockets.ts';
import type { CommandName } from '../../electron/bridge/commands.ts';
import { applyBatch } from '../../electron/bridge/apply-event.ts';
import type { Snapshot } from '../../electron/bridge/events.ts';
import { createDesktop } from '../../electron/core/desktop.ts';
import { createRelayNet } from '../../electron/core/connection/relay-socket.ts';
import { createSystemClock, createSystemRandom } from '../../electron/host/system-clock.ts';
import {
  createTestHost,
  createTestNotifier,
  createTestSecrets,
  NO_RELAY,
} from '../kit/desktop-kit.ts';
import type { FromDesktop, ToDesktop } from './desktop-messages.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder?');
const say = (message: FromDesktop): void => {
  if (process.connected) process.send?.(message);
};

const clock = createSystemClock();
const desktop = createDesktop({
  folder,
  clock,
  random: createSystemRandom(),
  net: createRelayNet({ clock }),
  sockets: systemSockets,
  secrets: createTestSecrets(),
  notifier: createTestNotifier(),
  localRelay: NO_RELAY,
  host: createTestHost(),
  log: {
    info: () => undefined,
    warn: () => undefined,
    error: (event, fields) =>
      say({ kind: 'error', words: `${event} ${JSON.stringify(fields ?? {})}` }),
  },
});
const session = desktop.openWindow();
let snapshot: Snapshot | undefined;
let shown = '';
const told = new Set<string>();

session.onBatch((batch) => {
  if (snapshot) snapshot = applyBatch(snapshot, batch);
  show();
});

function show(): void {
  const state = snapshot?.state;
  if (!state) return;
  const team = Object.values(state.teams)[0];
  const channels = Object.values(team?.channels ?? {}).map(({ id, name, isJoined, head }) => ({
    id,
    name,
    isJoined,
    head,
  }));
  const newest = Math.max(
    0,
    ...(state.timeline?.rows ?? []).map((row) => (row.type === 'message' ? (row.seq ?? 0) : 0)),
  );
  const view = {
    newest,
    team: team?.team.id ?? null,
    wire: team?.team.wire ?? null,
    outbox: team?.team.outbox ?? null,
    channels,
  };
  const text = JSON.stringify(view);
  if (text !== shown) say({ kind: 'shows', view });
  shown = text;
  for (const row of state.timeline?.rows ?? []) {
    if (row.type !== 'message' || row.seq === null || told.has(`${row.id} ${row.seq}`)) continue;
    const { id, seq, author, at, text: words } = row;
    told.add(`${id} ${seq}`);
    say({ kind: 'row', channel: state.timeline?.channel ?? '', id, seq, author, at, text: words });
  }
}

async function answer(message: ToDesktop): Promise<void> {
  if (message.kind === 'close') {
    await desktop.close();
    say({ kind: 'closed' });
    process.disconnect();
    return;
  }
  const result = await session.call(message.name as CommandName, message.input);
  say({ kind: 'answer', n: message.n, result });
}

process.on('message', (message) => {
  answer(message as ToDesktop).catch((error: unknown) =>
    say({ kind: 'error', words: String(error) }),
  );
});
// Without its parent a desktop of a test has no business.
process.on('disconnect', () => process.exit(0));

const opened = await session.call('open', {});
if (!opened.ok) throw new Error(opened.error.kind);
snapshot = opened.value;
say({ kind: 'ready' });
show();
// The next one starts in half the time; one that is killed would not leave it behind.
flushCompileCache();
