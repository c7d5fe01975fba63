import { hostname } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LinstorServer } from "../../packages/drivers/src/testing/linstor/linstor-server.ts";
import { Stack, until } from "./stack.ts";

/**
 * A pool of LINSTOR by `lqx`, down to the REST API of a simulated controller. Without a VM: what DRBD would make a block
 * device is a file there.
 */
let server: LinstorServer;
let stack: Stack;

beforeAll(async () => {
  server = await LinstorServer.start({ totalMib: 16 * 1024 });
  server.token = "secret";
  server.cluster.nodes[3]!.name = hostname();
  stack = await Stack.start();
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

interface Volume {
  id: string;
  spec: { sizeBytes: string };
}

const GIB_IN_KIB = 1024 ** 2;
const lqx = (...args: string[]) => stack.lqx([...args, "--wait"]);
/** Name → size in KiB, of what the controller has. */
const definitions = () =>
  Object.fromEntries([...server.cluster.definitions.values()].map(({ name, sizeKib }) => [name, sizeKib]));
const untilPoolSays = (what: RegExp) =>
  until(`the pool says ${what.source}`, async () => what.test(await stack.lqx(["pool", "get", "drbd"])), 120_000);

test("volumes are made, grow, are copied and go; the daemon's end and a changed token are got over", async () => {
  const how = ["--controller", server.url, "--resource-group", "vms", "--token-stdin", "--all-nodes", "--wait"];
  await stack.lqx(["pool", "add", "linstor", "drbd", ...how], "secret");
  await untilPoolSays(/State:? +READY/);
  expect(await stack.lqx(["pool", "get", "drbd"])).toContain("experimental");

  await lqx("volume", "create", "data", "--size", "1GiB", "--pool", "drbd");
  const { id } = await stack.json<Volume>("volume", "get", "data");
  expect(definitions()).toEqual({ [`lqx-${id}`]: GIB_IN_KIB });
  await lqx("volume", "resize", "data", "+1GiB");
  await lqx("volume", "clone", "data", "copy");
  const copy = await stack.json<Volume>("volume", "get", "copy");
  expect(definitions()).toEqual({ [`lqx-${id}`]: 2 * GIB_IN_KIB, [`lqx-${copy.id}`]: 2 * GIB_IN_KIB });

  await stack.node.kill();
  server.token = "another";
  await stack.node.start();
  await stack.untilHostReady();
  await untilPoolSays(/does not accept the token/);
  server.token = "secret";
  await lqx("pool", "reconnect", "drbd");
  await untilPoolSays(/State:? +READY/);

  await lqx("volume", "delete", "data", "copy", "--now", "--yes");
  await until("the controller has nothing", async () => Object.keys(definitions()).length === 0, 60_000);
  await lqx("pool", "delete", "drbd", "--yes");
});
