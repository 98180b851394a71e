// react-hooks/rules-of-hooks in renderer
import { useState } from 'react';
export function Row({ open }: { readonly open: boolean }) { if (open) { useState(1); } return null; }
