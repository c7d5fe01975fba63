export interface Chap {
  user: string;
  password: string;
}

/**
 * Seconds that I/O waits for a session that is gone before it fails. Alone it waits until the session is there again (-1): a
 * thin pool that a write of its metadata failed for is in mode "Fail" for good, with everything in it, until nobody has it
 * any more. With other paths they are there for it.
 */
const REPLACEMENT_S = { alone: -1, multipath: 5 };

/** The record of a portal as iscsiadm(8) made it, with how we want to log in. It holds the password. */
export function nodeRecord(made: string, { chap, multipath }: { chap: Chap | undefined; multipath: boolean }): string {
  const settings: Record<string, string | undefined> = {
    "node.startup": "manual",
    // Of 15 s each: whoever opens the pool tries again by himself.
    "node.session.initial_login_retry_max": "1",
    "node.session.auth.authmethod": chap ? "CHAP" : "None",
    "node.session.auth.username": chap?.user,
    "node.session.auth.password": chap?.password,
    "node.session.timeo.replacement_timeout": String(multipath ? REPLACEMENT_S.multipath : REPLACEMENT_S.alone),
  };
  const lines = made.split("\n").filter((line) => {
    const key = line.split(" = ")[0] ?? "";
    return !Object.keys(settings).includes(key);
  });
  const end = lines.findIndex((line) => line.startsWith("# END RECORD"));
  if (end < 0) throw new Error("iscsiadm made a record that has no end");
  const ours = Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : `${key} = ${value}`));
  return lines.toSpliced(end, 0, ...ours).join("\n");
}
