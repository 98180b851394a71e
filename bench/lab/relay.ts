/** The relay of the lab, in a process of its own: told how to sign in, asked what it has used. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRelay } from '../../server/relay.ts';
import { usageNow } from '../kit/usage.ts';

const folder = mkdtempSync(join(tmpdir(), 'landline-lab-'));
const relay = await startRelay({ data: folder, tls: 'off' });
process.on('message', (asked) => {
  if (asked === 'usage') process.send?.({ usage: usageNow() });
});
process.on('disconnect', () => {
  void relay.close().then(() => {
    rmSync(folder, { recursive: true });
    process.exit(0);
  });
});
process.send?.({ port: relay.port, setupCode: relay.setupCode });
