import { WebSocketServer } from 'ws'; // the socket
import '../domain/send-message.ts'; // the domain
import type { FanOut } from '../ports/fan-out.ts'; // the ports
