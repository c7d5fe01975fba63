import { useEffect, type RefObject } from "react";

/** Keeps the chosen one of a row that scrolls, on a phone, in sight. */
export function useInSight(row: RefObject<HTMLElement | null>, index: number): void {
  useEffect(() => {
    // After the router has put back where things were scrolled to.
    const frame = requestAnimationFrame(() =>
      row.current?.children[index]?.scrollIntoView({ block: "nearest", inline: "center" }),
    );
    return () => cancelAnimationFrame(frame);
  }, [row, index]);
}
