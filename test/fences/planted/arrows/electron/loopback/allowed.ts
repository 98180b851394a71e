import '../core/desktop.ts'; // the core
import '../../protocol/version.ts'; // the wire
import 'node:http'; // plain Node
import '../host/links.ts'; // what both hosts share
