/** How the relay of a data folder was last started. Lets the command line make invites and look for faults while it does not run. No secrets. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const schema = z.object({
  port: z.number().int().min(1).max(65_535),
  host: z.string().max(253),
  tls: z.enum(['own', 'off']),
  proxyCertificate: z.string().max(4_096).nullable().default(null),
  advertise: z.array(z.string().max(300)).max(8).readonly(),
  keys: z.string().max(4_096).optional(),
  postgres: z.string().max(4_096).nullable().default(null),
  redis: z.string().max(4_096).nullable().default(null),
  blobs: z.string().max(4_096).nullable().default(null),
});
export type LastStart = Readonly<z.infer<typeof schema>>;

export function readLastStart(path: string): LastStart | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Never started, or spoilt: it only spares the operator some typing.
    return undefined;
  }
}

export function writeLastStart(path: string, start: LastStart): void {
  const { port, host, tls, proxyCertificate, advertise, keys, postgres, redis, blobs } = start;
  writeFileSync(
    path,
    `${JSON.stringify({ port, host, tls, proxyCertificate, advertise, keys, postgres, redis, blobs })}\n`,
    {
      mode: 0o600,
    },
  );
}
