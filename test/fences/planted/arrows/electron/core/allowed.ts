import '../../protocol/codec.ts'; // the wire
import '../bridge/api.ts'; // the bridge
import './cache/messages.ts'; // its cache
import { WebSocket } from 'ws'; // the socket
import 'node:fs'; // plain Node
