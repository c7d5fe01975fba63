import { useCallback, useState } from "react";

const key = (user: string) => `limiquantix.read-until.${user}`;

/**
 * Until when this user has read notifications in this browser, in milliseconds since 1970 by the server's clock. Nothing
 * has been read at first.
 */
export function useReadUntil(user = ""): [number, (atMs: number) => void] {
  const [until, setUntil] = useState(() => Number(localStorage.getItem(key(user))) || 0);
  const read = useCallback(
    (atMs: number) => {
      localStorage.setItem(key(user), String(atMs));
      setUntil(atMs);
    },
    [user],
  );
  return [until, read];
}
