/** A private Nginx with the kept configuration in front of relays of this machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../../build/scripts/run.ts';
import { editMarked, startBalancer, type Balancer, type BalancerParts } from './balancer.ts';
import { findProgram } from './program.ts';

export const NGINX_CONFIG = join(ROOT, 'build/nginx/landline.conf');
export const NGINX = findProgram('nginx', 'relays behind Nginx are not shown', ['/usr/sbin']);

/** @param change  what else becomes of the kept configuration: to show what goes wrong then */
export async function startNginx(
  { port, relays, certificate, key }: BalancerParts,
  change: (site: string) => string = (site) => site,
): Promise<Balancer> {
  if (NGINX === undefined) throw new Error('nginx is missing');
  const folder = mkdtempSync(join(tmpdir(), 'landline-nginx-'));
  // Each upstream lists them all.
  const listed = new Set<string>();
  const site = editMarked(NGINX_CONFIG, (line) => {
    if (line.includes('server 127.0.0.1')) {
      const what = line.replace(/:\d+/, '');
      if (listed.has(what)) return [];
      listed.add(what);
      return relays.map((relay) => line.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${relay}`));
    }
    if (line.includes('listen 443')) return [line.replace('443', `127.0.0.1:${port}`)];
    if (line.includes('ssl_certificate_key ')) return [line.replace(/\/\S+(?=;)/, key)];
    if (line.includes('ssl_certificate ')) return [line.replace(/\/\S+(?=;)/, certificate)];
    throw new Error(`nobody knows what to put in "${line}"`);
  });
  writeFileSync(join(folder, 'landline.conf'), change(site));
  writeFileSync(join(folder, 'nginx.conf'), around(folder));
  const balancer = await startBalancer(
    NGINX,
    ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
    port,
  );
  return {
    ...balancer,
    async dispose() {
      await balancer.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What Debian's own nginx.conf is, cut down to a folder of its own and one process that a test can end. */
const around = (folder: string): string => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
error_log stderr warn;
events { worker_connections 512; }
http {
    access_log off;
    ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${join(folder, what)};`).join('\n    ')}
    include ${join(folder, 'landline.conf')};
}
`;
