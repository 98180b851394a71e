import { decode } from '../../protocol/codec.ts'; // more than types of the wire
import { type Frame } from '../../protocol/codec.ts'; // a statement that stays although its names are erased
import '../core/desktop.ts'; // the core
import 'electron'; // Electron
import 'node:fs'; // a module of Node
import { SAYINGS } from '../../doctor/findings.ts'; // more than types of the doctor
