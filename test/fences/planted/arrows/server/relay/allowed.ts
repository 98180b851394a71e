import './adapters/store-sqlite/store.ts'; // the adapters: here is the composition root
import './domain/send-message.ts'; // the domain
import './gateway/upgrade.ts'; // the gateway
