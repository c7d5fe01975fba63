import { volumeSuite } from "@limiquantix/node/suites";
import { afterAll, beforeAll, describe } from "vitest";
import { NfsServer } from "../testing/nfs-server.ts";

describe("a pool on an export without a mount", () => {
  let server: NfsServer;

  beforeAll(async () => {
    server = await NfsServer.up();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  volumeSuite("NFSv3 by QEMU's client and ours", () => server.fixture());
});
