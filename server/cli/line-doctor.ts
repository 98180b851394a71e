/**
 * The way to a relay, examined from the command line: the doctor's steps that need no token, in plain words. Runs anywhere, also where
 * no relay is: what matters is the road from this machine to that address.
 */
import { assertNever } from '../../protocol/result.ts';
import { showFingerprint } from '../../protocol/invite-link.ts';
import { examine } from '../../doctor/examine.ts';
import type { Facts, Finding as LineFinding, StepName } from '../../doctor/findings.ts';
import type { Clock, Sockets, Trust } from '../../doctor/ports.ts';
import type { Finding } from './doctor.ts';

export interface LineToExamine {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** The fingerprint that has to be there; null: it is shown for a person to compare. */
  readonly key: string | null;
}

export async function examineLine(
  { host, port, key }: LineToExamine,
  parts: { readonly sockets: Sockets; readonly clock: Clock },
): Promise<readonly Finding[]> {
  const trust: Trust = key === null ? { kind: 'anyone' } : { kind: 'key', fingerprint: key };
  const subject = {
    place: { host, port, trust },
    team: null,
    access: null,
    hello: null,
    withSilence: false,
  };
  const findings: Finding[] = [];
  for await (const found of examine(subject, { ...parts, signal: new AbortController().signal }))
    findings.push(inWords(found));
  return findings;
}

const CHECKS: Readonly<Record<StepName, string>> = {
  name: 'name',
  port: 'port',
  tls: 'TLS and key',
  http: 'relay',
  clock: 'clocks',
  buffering: 'stream',
  upgrade: 'upgrade',
  token: 'token',
  idle: 'silence',
};

export function inWords(found: LineFinding): Finding {
  const [says, advice] = words(found.says, found.facts);
  return {
    check: CHECKS[found.step],
    isOk: found.isWell,
    says,
    ...(advice === undefined ? {} : { advice }),
  };
}

const PROXY =
  'If a proxy stands in front, see what it needs in OPERATIONS.md: the upgrade headers, HTTP/1.1, and time-outs of a minute or more.';

const IDLE =
  'A proxy or router is impatient: give it a time-out of 90 s (Nginx: proxy_read_timeout, proxy_send_timeout; HAProxy: timeout tunnel). Desktops are pinged more often where they are cut, at the cost of traffic and batteries.';

const BUFFERING =
  'A proxy buffers answers. In Nginx: proxy_buffering off, gzip off, and no proxy_ignore_headers X-Accel-Buffering. Without this messages come late where no WebSocket passes.';

function words(says: LineFinding['says'], facts: Facts): readonly [says: string, advice?: string] {
  const fact = (name: string): string => String(facts[name] ?? '?');
  const key = (name: string): string => showFingerprint(fact(name));
  switch (says) {
    case 'name.found':
      return [`${fact('name')} is ${fact('addresses')}`];
    case 'name.unknown':
      return [
        `nobody knows the name ${fact('name')}`,
        'Check the spelling, or put the name into the DNS of this network.',
      ];
    case 'name.no-answer':
      return [
        `the name ${fact('name')} could not be looked up (${fact('code')})`,
        "Check this machine's network and its DNS server.",
      ];
    case 'port.open':
      return [`${fact('port')} is open`];
    case 'port.refused':
      return [
        `${fact('port')} is closed (${fact('code')})`,
        'Start the relay, or check --port and the port behind the address.',
      ];
    case 'port.silent':
      return [
        `${fact('port')} does not answer`,
        'A firewall swallows it, or no machine has this address.',
      ];
    case 'port.no-route':
      return [`there is no way to the address (${fact('code')})`, "Check this machine's network."];
    case 'port.failed':
      return [
        `${fact('port')} cannot be reached (${fact('code')})`,
        "Check the address and this machine's network.",
      ];
    case 'tls.pinned':
      return [`the key is ${key('seen')}, as it should be`];
    case 'tls.shown':
      return [`the key is ${key('seen')}; compare it, or give it as --key`];
    case 'tls.trusted':
      return ['the certificate is one this machine trusts'];
    case 'tls.plain':
      return ['none, on this machine only'];
    case 'tls.other-key':
      return [
        `the key is ${key('seen')}, and should be ${key('expected')}`,
        'Another machine or a proxy answers here, or the key was exchanged.',
      ];
    case 'tls.not-trusted':
      return [
        `the certificate is not trusted (${fact('code')})`,
        "Renew it, or check the name in it and this machine's clock.",
      ];
    case 'tls.no-tls':
      return [
        'what answers does not speak TLS',
        'Another program has this port, or the relay runs with --tls off and its proxy is not here.',
      ];
    case 'tls.cut':
      return [
        `the TLS handshake was cut off (${fact('code')})`,
        'A firewall or a proxy that looks into TLS may be in the way.',
      ];
    case 'http.relay':
      return [`a Landline relay, team ${fact('team')}`];
    case 'http.no-team-yet':
      return ['a Landline relay, not set up yet'];
    case 'http.no-team':
      return ['the relay has no team any more', 'Restore the backup of its data folder.'];
    case 'http.other-team':
      return [`another team is here: ${fact('team')}`, 'Check the address.'];
    case 'http.version':
      return [
        `the relay speaks versions ${fact('min')} to ${fact('max')}, which this program does not`,
        'Update whichever is older.',
      ];
    case 'http.not-a-relay':
      return [
        `what answers is no Landline relay (status ${fact('status')})`,
        'Another server has this address, or a sign-in page of the network is in the way.',
      ];
    case 'http.unknown-host':
      return [
        'does not answer to this name',
        'Name it to the relay: --allow-host, or --advertise if invites should carry it.',
      ];
    case 'http.unavailable':
      return [
        `says ${fact('status')}`,
        'A proxy answers without its relay, or the relay is going down. Look into the log of both.',
      ];
    case 'http.cut':
      return [
        `asked and not answered (${fact('code')})`,
        'The relay hangs, or a proxy in front does not reach it. Look into the log of both.',
      ];
    case 'clock.right':
      return [`${fact('seconds')} s apart`];
    case 'clock.unsaid':
      return ['the answer had no Date header'];
    case 'clock.ahead':
      return [`this machine is ${fact('seconds')} s ahead of the relay`, CLOCKS];
    case 'clock.behind':
      return [`this machine is ${fact('seconds')} s behind the relay`, CLOCKS];
    case 'buffering.passed':
      return [`caught up in ${fact('ms')} ms: nothing keeps it back`];
    case 'buffering.held-back':
      return [`kept back for ${fact('seconds')} s, while the relay answered beside it`, BUFFERING];
    case 'buffering.no-stream':
      return [`asked for, and answered with ${fact('status')}`, PROXY];
    case 'buffering.cut':
      return [`cut off (${fact('code')})`, PROXY];
    case 'upgrade.switched':
      return [`to a WebSocket in ${fact('ms')} ms, Sec-WebSocket-Accept checked`];
    case 'upgrade.asked-token':
      return ['reaches the relay, which asks for a token as it should'];
    case 'upgrade.wrong-accept':
      return [
        'answered by something that did not read it',
        `A cache or proxy answered in the relay's place. ${PROXY}`,
      ];
    case 'upgrade.refused':
      return [`to a WebSocket refused with ${fact('status')}`, PROXY];
    case 'upgrade.cut':
      return [`to a WebSocket cut off (${fact('code')})`, PROXY];
    case 'token.accepted':
      return ['accepted'];
    case 'token.refused':
      return ['refused', 'Sign in again.'];
    case 'token.ended':
      return ['the session has ended', 'Sign in again.'];
    case 'token.not-renewed':
      return ['could not be renewed', 'Look at the steps before.'];
    case 'idle.kept':
      return [`borne for ${fact('silent')} s, longer than Landline needs anything to`];
    case 'idle.enough':
      return [
        `cut after ${fact('silent')} s; no harm, the relay speaks at least every ${fact('pause')} s`,
      ];
    case 'idle.spoken':
      return [
        `kept for ${fact('seconds')} s; the longest silence the relay left in it was ${fact('silent')} s`,
      ];
    case 'idle.tight':
      return [
        `cut after ${fact('silent')} s; the relay speaks at least every ${fact('pause')} s, so one late ping ends a line`,
        IDLE,
      ];
    case 'idle.cut':
      return [
        `cut after ${fact('silent')} s, sooner than the relay speaks (up to ${fact('pause')} s apart)`,
        IDLE,
      ];
    case 'idle.closed':
      return [`ended by the relay (${fact('code')})`, 'Look into the log of the relay.'];
    default:
      return assertNever(says);
  }
}

const CLOCKS = 'Set the clock that is wrong. Times of messages and the life of tokens hang on it.';
