import type { ReactNode } from "react";
import { strings } from "../strings/index.ts";

export interface ListColumn<Row> {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  align?: "right";
  className?: string;
}

export interface ListTableProps<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly ListColumn<Row>[];
  rowKey: (row: Row) => string;
  /** In place of rows. */
  empty?: ReactNode;
}

/** A short table within a page: of some ten rows, all of them drawn. A long one is a DataTable. */
export function ListTable<Row>({ label, rows, columns, rowKey, empty }: ListTableProps<Row>) {
  if (rows.length === 0) return <p className="py-3 text-muted">{empty}</p>;
  return (
    // A scrolled region must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
      <table className="w-full border-collapse text-left whitespace-nowrap">
        <thead>
          <tr className="border-b border-line text-muted">
            {columns.map(({ id, title, align }) => (
              <th key={id} scope="col" className={`h-8 pr-4 font-medium ${align === "right" ? "text-right" : ""}`}>
                {title || <span className="sr-only">{strings.common.actions}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} className="border-b border-line/60 last:border-0 hover:bg-hover">
              {columns.map(({ id, cell, align, className = "" }) => (
                <td
                  key={id}
                  className={`h-9 pr-4 last:pr-0 ${align === "right" ? "text-right tabular-nums" : ""} ${className}`}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
