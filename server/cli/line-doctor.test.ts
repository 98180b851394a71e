import { afterEach, expect, test } from 'vitest';
import { finding, SAYINGS, type Saying } from '../../doctor/findings.ts';
import { systemSockets } from '../../doctor/sockets.ts';
import { createLineKit, type LineKit } from '../../test/kit/line-kit.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { describeFindings } from './doctor.ts';
import { examineLine, inWords } from './line-doctor.ts';

let kit: LineKit | undefined;
afterEach(() => kit?.dispose());

const parts = { sockets: systemSockets, clock: systemClock };

test('a relay that is well is found well from the command line, token or not', async () => {
  kit = await createLineKit();
  const { port, identity } = kit.relay;
  const findings = await examineLine({ host: '127.0.0.1', port, key: identity.fingerprint }, parts);
  expect(findings.map(({ check, isOk }) => [check, isOk])).toEqual([
    ['port', true],
    ['TLS and key', true],
    ['relay', true],
    ['clocks', true],
    ['upgrade', true],
  ]);
  expect(describeFindings(findings)).toMatch(/team Night shift[^]*All is well\.\n$/);
  const other = await examineLine({ host: '127.0.0.1', port, key: 'ab'.repeat(32) }, parts);
  expect(describeFindings(other)).toMatch(
    /PROBLEM {2}TLS and key {2}the key is .* -> .*1 thing needs attention\.\n$/s,
  );
});

test('has words for all the doctor may say, and advice for all that is wrong', () => {
  const facts = Object.fromEntries(
    'name addresses code port seen expected team status min max seconds silent pause ms'
      .split(' ')
      .map((name) => [name, '7']),
  );
  const all = Object.entries(SAYINGS).flatMap(([step, ways]) =>
    Object.keys(ways).map((way) => `${step}.${way}` as Saying),
  );
  for (const says of all) {
    const { isOk, says: words, advice } = inWords(finding(says, facts));
    expect(words, says).not.toContain('?');
    expect(advice === undefined, says).toBe(isOk);
  }
});
