// react-hooks/exhaustive-deps in renderer
import { useEffect } from 'react';
export function Row({ id }: { readonly id: string }) { useEffect(() => { document.title = id; }, [id]); return null; }
