/** A real relay for the doctor to look at, with somebody in it, by itself and behind a real balancer that was made worse. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subject } from '../../doctor/visit.ts';
import type { Place } from '../../doctor/ports.ts';
import { ok } from '../../protocol/result.ts';
import { systemClock, systemRandom } from '../../server/adapters/system-clock.ts';
import { CERTIFICATE_FILE, KEY_FILE, loadTls } from '../../server/lan/tls.ts';
import { startRelay, type Relay } from '../../server/relay.ts';
import { HELLO } from './door-client.ts';
import { freePort } from './free-port.ts';
import type { Balancer, BalancerParts } from './services/balancer.ts';

export interface DoctorKit {
  readonly relay: Relay;
  /** Ada's. */
  readonly token: string;
  /** The way to the relay by this port, looked at with Ada's token. */
  subject(port: number, trust?: Place['trust']): Subject;
  /** The way by a balancer. @param start  `startNginx` or `startHaproxy`, with what is changed */
  behind(start: (parts: BalancerParts) => Promise<Balancer>): Promise<Subject>;
  /** To be called in the end, the last one first. */
  readonly ends: (() => unknown)[];
  dispose(): Promise<void>;
}

export async function createDoctorKit(): Promise<DoctorKit> {
  const folder = mkdtempSync(join(tmpdir(), 'landline-examined-'));
  const relay = await startRelay({ data: join(folder, 'data'), tls: 'off' });
  const person = {
    team: 'Night shift',
    name: 'Ada',
    handle: 'ada',
    password: 'nine lives of the office cat',
    device: 'desk',
  };
  const done = await relay.auth.accounts.setup(
    { code: relay.setupCode ?? '', ...person },
    { address: '127.0.0.1' },
  );
  if (!done.ok) throw new Error(done.error.kind);
  const token = done.value.tokens.access;
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true }), () => relay.close()];

  const subject: DoctorKit['subject'] = (port, trust = { kind: 'plain' }) => ({
    place: { host: '127.0.0.1', port, trust },
    team: null,
    access: async () => ok(token),
    hello: () => HELLO,
    withSilence: false,
  });
  return {
    relay,
    token,
    ends,
    subject,
    behind: async (start) => {
      const { fingerprint } = loadTls({
        folder,
        hosts: ['localhost'],
        clock: systemClock,
        random: systemRandom,
      });
      const [certificate, key] = [join(folder, CERTIFICATE_FILE), join(folder, KEY_FILE)];
      const balancer = await start({
        port: await freePort(),
        relays: [relay.port],
        certificate,
        key,
      });
      ends.push(() => balancer.dispose());
      return subject(balancer.port, { kind: 'key', fingerprint });
    },
    dispose: async () => {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
}
