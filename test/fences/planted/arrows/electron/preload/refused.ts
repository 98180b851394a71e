import '../core/desktop.ts'; // the core
import '../main/window.ts'; // the host
import type { Frame } from '../../protocol/codec.ts'; // the wire
import 'node:fs'; // a module of Node
import { z } from 'zod'; // a package: there is no logic here
