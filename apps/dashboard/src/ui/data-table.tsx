import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, useCallback, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { strings } from "../strings/index.ts";
import { RowOrder } from "./row-order.ts";

export interface Column<Row> {
  id: string;
  title: string;
  /** CSS grid track: "minmax(12rem,2fr)", "8rem". */
  width: string;
  align?: "right";
  cell: (row: Row) => ReactNode;
  /** What the column sorts by; none: it does not sort. */
  key?: (row: Row) => string | number | bigint;
}

/** Column id, with a minus in front for descending: as in the address. */
export type Sort = string;

export interface DataTableProps<Row extends { id: string }> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  /** Enter, or a click on the row. */
  onOpen?: (row: Row) => void;
  selection?: ReadonlySet<string>;
  onSelect?: (selection: ReadonlySet<string>) => void;
  /** In place of rows. */
  empty: ReactNode;
}

const rowHeight = 34;

/**
 * A table of any length: only the rows on the screen are in the page. By keyboard: arrows move, Home and End jump,
 * Space selects, Enter opens, Shift with arrows selects on.
 */
export function DataTable<Row extends { id: string }>(props: DataTableProps<Row>) {
  const { label, rows, columns, sort, onSort, onOpen, selection, onSelect, empty } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [order] = useState(() => new RowOrder<Row>());
  const sorted = useMemo(() => order.sorted(rows, columns, sort), [order, rows, columns, sort]);
  const [activeId, setActiveId] = useState<string>();
  const active = Math.max(0, activeId === undefined ? 0 : sorted.findIndex(({ id }) => id === activeId));
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const rendered = virtual.getVirtualItems();
  // One that was scrolled away is not in the page: naming it would name nothing.
  const named = rendered.some(({ index }) => sorted[index]?.id === activeId) ? `row-${activeId}` : undefined;
  const template = `${selection ? "2.25rem " : ""}${columns.map(({ width }) => width).join(" ")}`;

  const moveTo = (index: number) => {
    const row = sorted[Math.min(sorted.length - 1, Math.max(0, index))];
    if (!row) return;
    setActiveId(row.id);
    virtual.scrollToIndex(sorted.indexOf(row));
    return row;
  };
  // The rows keep the first one that they get, so it looks up what is selected now.
  const latest = useRef({ selection, onSelect });
  useLayoutEffect(() => {
    latest.current = { selection, onSelect };
  });
  const toggle = useCallback((id: string, on?: boolean) => {
    const { selection, onSelect } = latest.current;
    const next = new Set(selection);
    if (on ?? !next.has(id)) next.add(id);
    else next.delete(id);
    onSelect?.(next);
  }, []);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 1;
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: sorted.length - 1,
    };
    const row = sorted[active];
    if (event.key in steps) {
      const reached = moveTo(steps[event.key] ?? 0);
      if (event.shiftKey && selection && reached) toggle(reached.id, true);
    } else if (event.key === " " && selection && row) toggle(row.id);
    else if (event.key === "Enter" && row) onOpen?.(row);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey) && onSelect)
      onSelect(new Set(sorted.map(({ id }) => id)));
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={sorted.length + 1}
      aria-multiselectable={selection ? true : undefined}
      aria-activedescendant={named}
      tabIndex={0}
      onKeyDown={onKeyDown}
      className="min-h-0 grow overflow-auto outline-offset-[-2px]"
    >
      <div
        role="row"
        aria-rowindex={1}
        className="sticky top-0 z-10 grid min-w-fit border-b border-line bg-surface"
        style={{ gridTemplateColumns: template }}
      >
        {selection && (
          <div role="columnheader" className="flex items-center justify-center">
            <input
              type="checkbox"
              aria-label="Select all"
              className="size-3.5 accent-accent"
              checked={sorted.length > 0 && selection.size >= sorted.length}
              ref={(box) => {
                if (box) box.indeterminate = selection.size > 0 && selection.size < sorted.length;
              }}
              onChange={(event) => onSelect?.(new Set(event.target.checked ? sorted.map(({ id }) => id) : []))}
            />
          </div>
        )}
        {columns.map((column) => (
          <Header key={column.id} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
      {sorted.length === 0 ? (
        empty
      ) : (
        <div role="rowgroup" className="relative min-w-fit" style={{ height: virtual.getTotalSize() }}>
          {rendered.map(({ index, start }) => {
            const row = sorted[index];
            if (!row) return null;
            return (
              <TableRow
                key={row.id}
                row={row}
                index={index}
                start={start}
                columns={columns}
                template={template}
                active={row.id === activeId}
                selected={selection?.has(row.id)}
                onToggle={selection ? toggle : undefined}
                onOpen={onOpen}
                onActive={setActiveId}
              />
            );
          })}
        </div>
      )}
    </div>
  );
}

function Header<Row>({ column, sort, onSort }: { column: Column<Row>; sort: Sort; onSort: (sort: Sort) => void }) {
  const { id, title, align, key } = column;
  const direction = sort === id ? "ascending" : sort === `-${id}` ? "descending" : undefined;
  return (
    <div
      role="columnheader"
      aria-sort={direction}
      className={`flex h-8 items-center px-3 text-muted ${align === "right" ? "justify-end" : ""}`}
    >
      {key ? (
        <button
          type="button"
          className="inline-flex items-center gap-1 font-medium hover:text-text"
          onClick={() => onSort(direction === "ascending" ? `-${id}` : id)}
        >
          {title}
          {direction === "ascending" && <ArrowUp aria-hidden size={12} />}
          {direction === "descending" && <ArrowDown aria-hidden size={12} />}
        </button>
      ) : (
        <span className={title ? "font-medium" : "sr-only"}>{title || strings.common.actions}</span>
      )}
    </div>
  );
}

interface RowProps<Row extends { id: string }> {
  row: Row;
  index: number;
  start: number;
  columns: readonly Column<Row>[];
  template: string;
  active: boolean;
  selected: boolean | undefined;
  onToggle: ((id: string) => void) | undefined;
  onOpen: ((row: Row) => void) | undefined;
  onActive: (id: string) => void;
}

function PlainRow<Row extends { id: string }>(props: RowProps<Row>) {
  const { row, index, start, columns, template, active, selected, onToggle, onOpen, onActive } = props;
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid around it has the focus and the keys
    <div
      id={`row-${row.id}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={`absolute top-0 left-0 grid w-full items-center border-b border-line/60 ${selected ? "bg-accent-soft" : active ? "bg-hover" : "hover:bg-hover"} ${onOpen ? "cursor-pointer" : ""}`}
      style={{ gridTemplateColumns: template, height: rowHeight, transform: `translateY(${start}px)` }}
      onClick={(event) => {
        onActive(row.id);
        // A link or a button in a cell does its own; a selection of text is not a click.
        const inner = (event.target as Element).closest("a, button, input");
        if (!inner && !window.getSelection()?.toString()) onOpen?.(row);
      }}
    >
      {onToggle && (
        <div role="gridcell" className="flex justify-center">
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label="Select"
            className="size-3.5 accent-accent"
            checked={selected === true}
            onChange={() => onToggle(row.id)}
          />
        </div>
      )}
      {columns.map(({ id, align, cell }) => (
        <div key={id} role="gridcell" className={`truncate px-3 ${align === "right" ? "text-right tabular-nums" : ""}`}>
          {cell(row)}
        </div>
      ))}
    </div>
  );
}

/** Drawn anew only when its own row changed. `onToggle` and `onOpen` act on the row they get, so older ones do. */
const TableRow = memo(
  PlainRow,
  (before, after) =>
    before.row === after.row &&
    before.index === after.index &&
    before.start === after.start &&
    before.columns === after.columns &&
    before.active === after.active &&
    before.selected === after.selected &&
    before.onToggle === after.onToggle,
) as typeof PlainRow;
