/** Round trips as bars, the newest at the end, the longest as high as there is room. The words beside it say the same in numbers. */
import styles from './wire-view.module.css';

const HEIGHT = 48;
const STEP = 5;
const MOST = 120;

/** Heights for times in ms: the longest fills the room, none vanishes. */
export function barHeights(times: readonly number[], height: number): readonly number[] {
  const most = Math.max(...times, 1);
  return times.map((ms) => Math.max(2, Math.round((ms / most) * height)));
}

export function PingGraph({ times }: { readonly times: readonly number[] }) {
  const bars = barHeights(times.slice(-MOST), HEIGHT);
  const width = MOST * STEP;
  const from = width - bars.length * STEP;
  return (
    <svg
      viewBox={`0 0 ${width} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden
      className={styles['graph']}
    >
      {bars.map((height, at) => (
        <rect key={at} x={from + at * STEP} y={HEIGHT - height} width={STEP - 2} height={height} />
      ))}
    </svg>
  );
}
