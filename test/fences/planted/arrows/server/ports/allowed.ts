import type { Member } from '../../protocol/entities.ts'; // the wire
import './clock.ts'; // another port
