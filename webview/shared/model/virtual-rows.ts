/** Which rows of a long list stand in the window, so that only these are drawn. */
interface RowRange {
  first: number;
  /** one past the last */
  end: number;
}

/**
 * @param scrollTop pixels scrolled
 * @param viewport pixels seen
 * @param rowHeight pixels of every row
 * @param overscan rows drawn beyond each edge, so that fast scrolling shows no holes
 */
export function visibleRows(
  scrollTop: number,
  viewport: number,
  rowHeight: number,
  count: number,
  overscan = 4,
): RowRange {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((scrollTop + viewport) / rowHeight) + overscan);
  return { first: Math.min(first, Math.max(0, count)), end: Math.max(end, 0) };
}

/** The scroll position that brings a row fully into the window, moving as little as possible. */
export function scrollTo(row: number, scrollTop: number, viewport: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + viewport) return top + rowHeight - viewport;
  return scrollTop;
}

/**
 * Where a key takes the cursor in a grid of `columns` per row; null when the key does not move it.
 * @param page items per page
 */
export function moveCursor(key: string, cursor: number, count: number, columns: number, page: number): number | null {
  const steps: Record<string, number> = {
    ArrowDown: columns,
    ArrowUp: -columns,
    ArrowRight: columns === 1 ? 0 : 1,
    ArrowLeft: columns === 1 ? 0 : -1,
    PageDown: page,
    PageUp: -page,
  };
  if (count === 0) return null;
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const step = steps[key];
  if (!step) return null;
  return Math.max(0, Math.min(count - 1, cursor + step));
}
