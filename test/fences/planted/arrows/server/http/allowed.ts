import Fastify from 'fastify'; // its package
import '../domain/send-message.ts'; // the domain
