import './relay.ts'; // the composition root
import './config.ts'; // what lies beside it
