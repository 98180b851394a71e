import '../adapters/blobs-disk.ts'; // an adapter
import '../relay.ts'; // the composition root
import { createClient } from 'redis'; // a driver
import { AwsV4Signer } from 'aws4fetch'; // signatures for a storage server
