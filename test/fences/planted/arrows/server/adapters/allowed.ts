import Database from 'better-sqlite3'; // a driver
import pg from 'pg'; // a driver
import { createClient } from 'redis'; // a driver
import type { Store } from '../ports/store.ts'; // the ports
import { AwsV4Signer } from 'aws4fetch'; // signatures for a storage server
import sax from 'sax'; // a reader of XML
