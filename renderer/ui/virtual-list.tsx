/** A long list in a panel: only the rows near the view are in the document, so ten thousand members open as fast as ten. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, type ReactNode } from 'react';
import styles from './virtual-list.module.css';

export interface VirtualListProps<Item> {
  readonly label: string;
  readonly items: readonly Item[];
  readonly rowHeight: number;
  readonly keyOf: (item: Item) => string;
  readonly render: (item: Item) => ReactNode;
  readonly empty?: ReactNode;
}

export function VirtualList<Item>({
  label,
  items,
  rowHeight,
  keyOf,
  render,
  empty,
}: VirtualListProps<Item>) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
    overscan: 8,
    initialRect: { width: 400, height: 480 },
  });
  if (items.length === 0 && empty !== undefined)
    return <div className={styles['empty']}>{empty}</div>;
  return (
    <div ref={scroller} className={styles['scroller']} tabIndex={0} role="group" aria-label={label}>
      <ul style={{ blockSize: rows.getTotalSize() }} className={styles['rows']}>
        {rows.getVirtualItems().map((row) => {
          const item = items[row.index];
          return (
            item !== undefined && (
              <li
                key={row.key}
                aria-setsize={items.length}
                aria-posinset={row.index + 1}
                className={styles['row']}
                style={{ blockSize: row.size, transform: `translateY(${row.start}px)` }}
              >
                {render(item)}
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}
