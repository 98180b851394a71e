import { isIP } from 'node:net'; // addresses
import { after } from '../ports/allowance.ts'; // the ports
import type { Limits } from '../../protocol/limits.ts'; // the wire
