import type { ReactNode } from "react";

/** A short table that is all on the screen. */
export function PlainTable(props: {
  label: string;
  heads: readonly string[];
  rows: readonly (readonly ReactNode[])[];
  empty: string;
}) {
  const { label, heads, rows, empty } = props;
  if (rows.length === 0) return <p className="text-muted">{empty}</p>;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full text-left whitespace-nowrap">
        <thead>
          <tr className="text-muted">
            {heads.map((head, i) => (
              <th key={i} scope="col" className="py-1 pr-6 font-medium">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, i) => (
            <tr key={i} className="border-t border-line/60">
              {cells.map((cell, j) => (
                <td key={j} className="py-1.5 pr-6 tabular-nums">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
