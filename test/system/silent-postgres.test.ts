/** A relay as a process whose PostgreSQL stands still: connections stay, and nothing is answered. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HTTP } from '../../protocol/http.ts';
import { channelFeed, type ChannelId, type MessageId } from '../../protocol/ids.ts';
import { urlOf } from '../cluster/cluster.ts';
import { found } from '../cluster/crowd.ts';
import { dialDoor, HELLO, idsOf, type DoorClient } from '../kit/door-client.ts';
import { serveRelay, type RelayProcess } from '../kit/relay-process.ts';
import { POSTGRES, startPostgres, type PostgresServer } from '../kit/services/postgres.ts';

/** The relay gives a server up that owes an answer for ten seconds, and a relay that is asked to stop is gone within fifteen. */
const GIVEN_UP_MS = 20_000;
const STOP_MS = 15_000;
const TEST_MS = 90_000;

describe.skipIf(POSTGRES === undefined)('a relay whose PostgreSQL stands still', () => {
  let server: PostgresServer;
  let folder: string;
  let relay: RelayProcess;
  let port: number;
  let line: () => Promise<DoorClient>;
  let channel: ChannelId;
  const lines: DoorClient[] = [];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'landline-silent-'));
    server = await startPostgres({ isTemporary: true });
    const address = join(folder, 'postgres');
    writeFileSync(address, urlOf(await server.createDatabase()), { mode: 0o600 });
    relay = serveRelay(join(folder, 'relay'), { args: ['--tls', 'off', '--postgres', address] });
    const ready = await relay.ready;
    ({ port } = ready);
    const target = { address: `127.0.0.1:${port}`, fingerprint: null, isPlain: true };
    const { tokens } = await found(target, ready.setupLink ?? '');
    line = async () => {
      const client = await dialDoor('socket', target, tokens.access);
      if (!('socket' in client)) throw new Error(`no line: ${client.kind}`);
      lines.push(client);
      client.say(HELLO);
      await client.heard('caught-up');
      return client;
    };
  }, TEST_MS);
  afterEach(async () => {
    server.goOn();
    for (const { socket } of lines.splice(0)) socket.terminate();
    relay.kill('SIGKILL');
    await relay.ended;
    await server.dispose();
    rmSync(folder, { recursive: true });
  });

  const live = async (): Promise<DoorClient> => {
    const client = await line();
    const { heads } = await client.heard('welcome');
    channel = (Object.keys(heads).find((feed) => feed.startsWith('channel/')) ?? '').slice(
      'channel/'.length,
    ) as ChannelId;
    return client;
  };
  const isReady = async (): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${port}${HTTP.ready}`)).ok;

  test(
    'refuses what it is told as retryable, says that it is not ready, and takes the same again when the server goes on',
    async () => {
      const client = await live();
      server.stop();
      const op = uuidv7() as MessageId;
      const say = (): void => client.say({ t: 'post', op, channel, text: 'once' });
      say();
      const [refused, readiness] = await Promise.all([client.heard('refused'), isReady()]);
      expect(refused).toMatchObject({ op, refusal: { kind: 'unavailable', retryable: true } });
      expect(readiness).toBe(false);
      server.goOn();
      await expect.poll(isReady, { timeout: GIVEN_UP_MS }).toBe(true);
      say();
      await client.heard('ack');
      await client.until(() => idsOf(client, channelFeed(channel)).length > 0);
      expect(idsOf(client, channelFeed(channel))).toEqual([op]);
    },
    TEST_MS,
  );

  test(
    'goes down when it is asked to, in good order and in time, and acknowledges nothing on the way',
    async () => {
      const client = await live();
      server.stop();
      client.say({ t: 'post', op: uuidv7() as MessageId, channel, text: 'never' });
      const from = performance.now();
      relay.kill('SIGTERM');
      expect(await relay.ended).toEqual({ code: 0, signal: null });
      expect(performance.now() - from).toBeLessThan(STOP_MS);
      expect(client.all('ack')).toEqual([]);
    },
    TEST_MS,
  );
});
