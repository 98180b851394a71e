import { applyEvent } from '../electron/bridge/apply-event.ts'; // the bridge
import type { MessageId } from '../protocol/ids.ts'; // the types of the wire
import { useState } from 'react'; // React
import { createRoot } from 'react-dom/client'; // a subpath of an allowed package
import '@fontsource-variable/inter/index.css'; // the fonts
import './styles/base.css'; // its own styles
import worker from './text/worker.ts?worker'; // its own file by the bundler's suffix
import type { Finding } from '../doctor/findings.ts'; // the types of the doctor
