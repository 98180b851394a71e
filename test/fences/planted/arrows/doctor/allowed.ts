import '../protocol/http.ts'; // the wire
import { WebSocket } from 'ws'; // the socket
import 'node:net'; // plain Node
