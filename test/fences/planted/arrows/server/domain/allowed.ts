import type { Store } from '../ports/store.ts'; // the ports
import '../../protocol/mentions.ts'; // the wire
import './policy.ts'; // its own files
