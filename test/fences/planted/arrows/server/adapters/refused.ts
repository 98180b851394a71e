import '../domain/send-message.ts'; // the domain
import '../gateway/hub.ts'; // the gateway
import '../relay.ts'; // the composition root
import { WebSocket } from 'ws'; // a socket
