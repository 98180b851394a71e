/** The relay of the lab, in a process of its own, so that what it uses is its own. Told how to sign in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRelay } from '../../server/relay.ts';

const folder = mkdtempSync(join(tmpdir(), 'landline-lab-'));
const relay = await startRelay({ data: folder });
process.on('disconnect', () => {
  void relay.close().then(() => {
    rmSync(folder, { recursive: true });
    process.exit(0);
  });
});
process.send?.({ port: relay.port, fingerprint: relay.fingerprint, setupCode: relay.setupCode });
