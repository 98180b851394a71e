/** A key and certificate for one run over TLS, of the kind a relay makes for itself. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { makeCertificate } from '../../server/lan/certificate.ts';

const DAY = 86_400_000;

export function throwawayKey(): { readonly key: string; readonly cert: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [from, until] = [Date.now() - DAY, Date.now() + DAY];
  const cert = makeCertificate({
    key: privateKey,
    commonName: 'bench',
    hosts: ['127.0.0.1'],
    from,
    until,
    serial: randomBytes(16),
  });
  return { key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })), cert };
}
