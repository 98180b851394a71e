import { z } from 'zod'; // zod
import './codec.ts'; // its own files
