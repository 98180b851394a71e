// react-hooks/rules-of-hooks in renderer
import { useState } from 'react';
export function Row() { useState(1); return null; }
