import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseRelayDoor, type RelayDoor } from './relay-port.ts';

let dataFolder = '';
const servers: Server[] = [];
beforeEach(() => {
  dataFolder = join(mkdtempSync(join(tmpdir(), 'landline-port-')), 'relay');
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(join(dataFolder, '..'), { recursive: true });
});

const occupy = async (port = 0): Promise<number> => {
  const server = createServer();
  servers.push(server);
  server.listen({ port, host: '127.0.0.1' });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};
/** Time that goes by as fast as it is waited for. */
const quickClock = (onWait: () => void = () => undefined) => {
  let now = 0;
  return {
    monotonic: () => now,
    after(ms: number, run: () => void) {
      now += ms;
      onWait();
      setImmediate(run);
      return () => undefined;
    },
  };
};
const choose = (clock = quickClock()): Promise<RelayDoor> =>
  chooseRelayDoor({
    dataFolder,
    env: { LANDLINE_HOST: '127.0.0.1' },
    clock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });

test('the port of the first start is the port of every start', async () => {
  const first = await choose();
  expect(readFileSync(join(dataFolder, 'port'), 'utf8')).toBe(String(first.port));
  expect(await choose()).toEqual(first);
  expect(first.host).toBe('127.0.0.1');
});

test('a port that is being left is waited for', async () => {
  await choose();
  writeFileSync(join(dataFolder, 'port'), String(await occupy()));
  const wanted = Number(readFileSync(join(dataFolder, 'port'), 'utf8'));
  let looks = 0;
  const clock = quickClock(() => {
    looks += 1;
    if (looks === 3) servers[0]?.close();
  });
  expect(await choose(clock)).toEqual({ host: '127.0.0.1', port: wanted });
});

test('a port that stays taken is given up for this time only', async () => {
  await choose();
  const taken = await occupy();
  writeFileSync(join(dataFolder, 'port'), String(taken));
  const chosen = await choose();
  expect(chosen.port).not.toBe(taken);
  expect(readFileSync(join(dataFolder, 'port'), 'utf8')).toBe(String(taken));
});

test.each(['', 'x', '0', '70000', '-1', '1.5'])('a remembered port of %j is none', async (text) => {
  await choose();
  writeFileSync(join(dataFolder, 'port'), text);
  expect((await choose()).port).toBeGreaterThan(0);
});
