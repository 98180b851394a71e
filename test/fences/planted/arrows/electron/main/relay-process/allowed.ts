import '../../server/relay.ts'; // the relay, in this one file
