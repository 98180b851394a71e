import '../index.ts'; // its host
import '../../core/desktop.ts'; // the core
import type { Frame } from '../../../protocol/codec.ts'; // the wire
import 'node:fs'; // a module of Node
import 'ws'; // a package
