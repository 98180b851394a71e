import { expect, test } from 'vitest';
import { DatabaseFromFuture } from '../core/cache/migrate.ts';
import { SqliteFailure } from '../core/cache/sqlite.ts';
import { describeStartFault } from './start-fault.ts';

const where = { folder: '/home/lin/data', locale: 'en-GB' };

test.each<[string, unknown, string]>([
  ['data of a newer version', new DatabaseFromFuture('/x/ledger.db', 9, 1), 'newer version'],
  [
    'a database that does not open',
    new SqliteFailure('full', '/x/ledger.db', undefined),
    'data folder',
  ],
  [
    'a database somebody else has open',
    new SqliteFailure('in-use', '/x/ledger.db', undefined),
    'Another program',
  ],
  [
    'a folder of somebody else',
    Object.assign(new Error('mkdir'), { code: 'EACCES' }),
    'data folder',
  ],
  ['a read-only disk', Object.assign(new Error('open'), { code: 'EROFS' }), 'data folder'],
  ['a bug', new TypeError('x is not a function'), 'did not expect'],
  ['something that is no error', undefined, 'did not expect'],
])('%s is told as what it is', (_name, error, words) => {
  const fault = describeStartFault(error, where);
  expect(fault.title).toBe('Landline cannot start');
  expect(fault.text).toContain(words);
  expect(fault.text).toContain('/home/lin/data');
  expect(fault.text).not.toContain('x is not');
});

test('in Chinese to whom Chinese is spoken', () => {
  expect(describeStartFault(undefined, { ...where, locale: 'zh-TW' }).title).toBe(
    'Landline 無法啟動',
  );
});
