import { SignJWT } from 'jose'; // the tokens' package
import type { Store } from '../ports/store.ts'; // the ports
