/** Small habits of time and focus that components share. None keeps a timer while the window is hidden. */
import { useEffect, useState, useSyncExternalStore } from 'react';

const subscribeVisibility = (changed: () => void): (() => void) => {
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
};

export const useIsVisible = (): boolean =>
  useSyncExternalStore(subscribeVisibility, () => document.visibilityState === 'visible');

/** The present, renewed every `everyMs` while `isWanted` and somebody can see it. */
export function useNow(everyMs: number, isWanted = true): number {
  const [now, setNow] = useState(() => Date.now());
  const isVisible = useIsVisible();
  useEffect(() => {
    if (!isWanted || !isVisible) return undefined;
    const renew = (): void => setNow(Date.now());
    const first = setTimeout(renew, 0);
    const timer = setInterval(renew, everyMs);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [everyMs, isWanted, isVisible]);
  return now;
}

/** True once `isOn` has lasted: what is over at once needs no skeleton. */
export function useLasting(isOn: boolean, afterMs = 150): boolean {
  const [lasted, setLasted] = useState(false);
  useEffect(() => {
    if (!isOn) return undefined;
    const timer = setTimeout(() => setLasted(true), afterMs);
    return () => {
      clearTimeout(timer);
      setLasted(false);
    };
  }, [isOn, afterMs]);
  return isOn && lasted;
}

/** Follows a media query. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = matchMedia(query);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => matchMedia(query).matches,
    () => false,
  );
}
