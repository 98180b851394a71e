/** A restore that kills its own process before one of its steps: `killed-restore.ts <backup> <data> <step>`. */
import process from 'node:process';
import { takeLock } from '../../server/adapters/store-sqlite/lock.ts';
import { prepareCopy, readRights } from '../../server/adapters/store-sqlite/restore-copy.ts';
import { systemRandom } from '../../server/adapters/system-clock.ts';
import { putBackupInPlace } from '../../server/cli/restore.ts';
import { dataFiles } from '../../server/config.ts';

const [, , from = '', data = '', lastStep = ''] = process.argv;
putBackupInPlace({
  from,
  files: dataFiles(data),
  now: Date.now(),
  prepare: (path, backup) => prepareCopy(path, backup, systemRandom),
  rights: readRights,
  lock: takeLock,
  onStep: (step) => {
    if (step === lastStep) process.kill(process.pid, 'SIGKILL');
  },
});
