/**
 * The S3 servers that blobs are tested on: a stand-in of this process always, and Ceph in a campaign.
 * The stand-in checks signatures and content as a server does; only Ceph shows that it is right.
 */
import { HAS_CEPH, startCeph, type S3Server } from './ceph.ts';
import { startS3StandIn } from './s3-stand-in.ts';

export interface S3ServerKind {
  readonly name: string;
  start(): Promise<S3Server>;
}

const ACCOUNT = { keyId: 'landline', secret: 'only-for-tests' };

async function startStandIn(): Promise<S3Server> {
  const server = await startS3StandIn({ account: ACCOUNT });
  return {
    ...ACCOUNT,
    address: server.address,
    kill: () => server.dispose(),
    restart: () => server.restart(),
    dispose: () => server.dispose(),
  };
}

export const S3_SERVERS: readonly S3ServerKind[] = [
  { name: 'a stand-in for S3', start: startStandIn },
  ...(HAS_CEPH ? [{ name: 'Ceph', start: startCeph }] : []),
];
