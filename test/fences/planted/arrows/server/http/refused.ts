import '../adapters/blobs-disk.ts'; // an adapter
import '../relay.ts'; // the composition root
import { createClient } from 'redis'; // a driver
