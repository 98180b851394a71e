/** A private HAProxy with the kept configuration in front of relays of this machine. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../../build/scripts/run.ts';
import { editMarked, startBalancer, type Balancer, type BalancerParts } from './balancer.ts';
import { findProgram } from './program.ts';

export const HAPROXY_CONFIG = join(ROOT, 'build/haproxy/landline.cfg');
export const HAPROXY = findProgram('haproxy', 'relays behind HAProxy are not shown', ['/usr/sbin']);

/** @param change  what else becomes of the kept configuration: to show what goes wrong then */
export async function startHaproxy(
  { port, relays, certificate, key }: BalancerParts,
  change: (config: string) => string = (config) => config,
): Promise<Balancer> {
  if (HAPROXY === undefined) throw new Error('haproxy is missing');
  const folder = mkdtempSync(join(tmpdir(), 'landline-haproxy-'));
  const both = join(folder, 'both.pem');
  writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'), {
    mode: 0o600,
  });
  let isFirst = true;
  const config = editMarked(HAPROXY_CONFIG, (line) => {
    if (line.includes('server ')) {
      const all = isFirst
        ? relays.map((relay) =>
            line.replace(/server \w+ 127\.0\.0\.1:\d+/, `server r${relay} 127.0.0.1:${relay}`),
          )
        : [];
      isFirst = false;
      return all;
    }
    if (line.includes('bind :443'))
      return [line.replace(':443', `127.0.0.1:${port}`).replace(/\/\S+\.pem/, both)];
    throw new Error(`nobody knows what to put in "${line}"`);
  });
  writeFileSync(join(folder, 'haproxy.cfg'), change(config));
  const balancer = await startBalancer(HAPROXY, ['-db', '-f', join(folder, 'haproxy.cfg')], port);
  return {
    ...balancer,
    async dispose() {
      await balancer.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
