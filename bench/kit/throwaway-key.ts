/** A key and certificate for one run over TLS: ECDSA P-256, as a relay makes for itself. */
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export async function throwawayKey(): Promise<{ readonly key: string; readonly cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const day = 86_400_000;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    { name: 'CN=bench', keys, signingAlgorithm: algorithm, notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) },
    webcrypto as Crypto,
  );
  const secret = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = secret.match(/.{1,64}/g) ?? [];
  return { key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`, cert: certificate.toString('pem') };
}
