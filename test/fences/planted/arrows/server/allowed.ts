import './domain/send-message.ts'; // its domain
import '../protocol/codec.ts'; // the wire
import Fastify from 'fastify'; // its packages
