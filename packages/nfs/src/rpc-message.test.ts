import { XdrReader, XdrWriter } from "@limiquantix/libvirt/xdr";
import { describe, expect, test } from "vitest";
import { readAttributes, writeMode } from "./attributes.ts";
import { RpcError } from "./errors.ts";
import { portOfAddress } from "./port-of.ts";
import { asRecord, RecordReader } from "./record-reader.ts";
import { callMessage, readReply } from "./rpc-message.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

describe("records", () => {
  test("have their length before them, and say that they are the last fragment", () => {
    expect(hex(asRecord(bytes("0102")))).toBe("800000020102");
  });

  test("come in any pieces, of one fragment or several", () => {
    const stream = Buffer.concat([bytes("00000002 aabb 80000001 cc"), asRecord(bytes("dd")), bytes("80000000")]);
    for (let size = 1; size <= stream.length; size++) {
      const reader = new RecordReader();
      const seen: string[] = [];
      for (let at = 0; at < stream.length; at += size)
        seen.push(...reader.take(stream.subarray(at, at + size)).map(hex));
      expect(seen).toEqual(["aabbcc", "dd", ""]);
    }
  });

  test("that are larger than any answer are refused before they are read", () => {
    expect(() => new RecordReader().take(bytes("ffffffff"))).toThrow(RpcError);
  });
});

describe("calls", () => {
  const procedure = { program: 100_003, version: 3, procedure: 1 };

  test("say who we are", () => {
    const message = callMessage(7, procedure, { uid: 0, gid: 5, machine: "abc" }, (w) => w.uint(9));
    const head = "00000007 00000000 00000002 000186a3 00000003 00000001";
    const identity = "00000001 00000018 00000000 00000003 61626300 00000000 00000005 00000000";
    expect(hex(message)).toBe(`${head} ${identity} 00000000 00000000 00000009`.replaceAll(" ", ""));
  });

  test("may say nothing of it", () => {
    const message = callMessage(1, procedure, undefined, () => {});
    expect(hex(message).slice(48)).toBe("00000000".repeat(4));
  });
});

describe("answers", () => {
  const accepted = "00000007 00000001 00000000 00000000 00000000";

  test("have results", () => {
    const reply = readReply(bytes(`${accepted} 00000000 0000002a`));
    expect(reply.xid).toBe(7);
    expect("results" in reply && reply.results.uint()).toBe(42);
  });

  test.each([
    [`${accepted} 00000002 00000003 00000003`, /version is not spoken/],
    [`${accepted} 00000005`, /error of its own/],
    ["00000007 00000001 00000001 00000000 00000002 00000002", /another version of RPC/],
    ["00000007 00000001 00000001 00000001 00000001", /who we are \(auth_stat 1\)/],
  ])("say why there are none: %s", (record, why) => {
    const reply = readReply(bytes(record));
    expect("error" in reply && reply.error.message).toMatch(why);
  });

  test("that are none, or that end too early, are errors", () => {
    expect(() => readReply(bytes("00000007 00000000"))).toThrow(RpcError);
    expect(() => readReply(bytes("00000007 00000001 00000000"))).toThrow();
  });
});

test("a port is the last two parts of a universal address", () => {
  expect(["10.0.0.1.8.1", "::1.47.20", ""].map(portOfAddress)).toEqual([2049, 12_052, 0]);
});

test("attributes are what RFC 1813 has in fattr3", () => {
  const w = new XdrWriter();
  for (const word of [1, 0o600, 2, 10, 11]) w.uint(word);
  for (const long of [5_000_000_000, 4096]) w.uhyper(long);
  w.raw(new Uint8Array(16));
  w.uhyper(77);
  for (const word of [1, 1, 1_700_000_000, 500_000_000, 3, 3]) w.uint(word);
  expect(w.length).toBe(84);
  expect(readAttributes(new XdrReader(w.bytes()))).toEqual({
    type: 1,
    mode: 0o600,
    links: 2,
    sizeBytes: 5_000_000_000,
    usedBytes: 4096,
    fileId: "77",
    modifiedMs: 1_700_000_000_500,
  });
});

test("nothing is set but the mode", () => {
  const written = (mode: number | undefined) => {
    const w = new XdrWriter();
    writeMode(w, mode);
    return hex(w.bytes());
  };
  expect(written(0o700)).toBe("00000001000001c0" + "00000000".repeat(5));
  expect(written(undefined)).toBe("00000000".repeat(6));
});
