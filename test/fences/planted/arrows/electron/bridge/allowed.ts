import { z } from 'zod'; // zod
import type { Result } from '../../protocol/result.ts'; // the types of the wire
export type { Result } from '../../protocol/result.ts'; // passing on a type of the wire
import type { Finding } from '../../doctor/findings.ts'; // the types of the doctor
