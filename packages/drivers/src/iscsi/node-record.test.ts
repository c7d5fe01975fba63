import { expect, test } from "vitest";
import { nodeRecord } from "./node-record.ts";

const MADE = `# BEGIN RECORD 2.1.8
node.name = iqn.2026-01.test:pool1
node.startup = automatic
node.session.auth.authmethod = None
node.session.auth.chap_algs = MD5
node.session.timeo.replacement_timeout = 120
node.conn[0].address = 127.0.0.1
# END RECORD
`;

test("a record says how to log in, and that nobody but us does it", () => {
  const record = nodeRecord(MADE, { chap: { user: "lqx", password: "a = b # c" }, multipath: false });
  expect(record.split("\n").toSorted()).toEqual(
    [
      "",
      "# BEGIN RECORD 2.1.8",
      "# END RECORD",
      "node.name = iqn.2026-01.test:pool1",
      "node.startup = manual",
      "node.session.auth.authmethod = CHAP",
      "node.session.auth.chap_algs = MD5",
      "node.session.auth.password = a = b # c",
      "node.session.auth.username = lqx",
      "node.session.initial_login_retry_max = 1",
      "node.session.timeo.replacement_timeout = -1",
      "node.conn[0].address = 127.0.0.1",
    ].toSorted(),
  );
  expect(record.trimEnd().endsWith("# END RECORD")).toBe(true);
});

test("made again it is the same, and without CHAP it has no password", () => {
  const chap = { user: "lqx", password: "secret-of-12" };
  const once = nodeRecord(MADE, { chap, multipath: true });
  expect(nodeRecord(once, { chap, multipath: true })).toBe(once);
  expect(nodeRecord(once, { chap: undefined, multipath: true })).not.toMatch(/secret|username|CHAP\n/);
  expect(once).toContain("replacement_timeout = 5\n");
});

test("what is no record is refused", () => {
  expect(() => nodeRecord("", { chap: undefined, multipath: false })).toThrow("no end");
});
