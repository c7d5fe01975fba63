import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readSettings } from "./config.ts";
import { chooseEndpoint, loadContexts, normalServer, saveContexts, type Contexts } from "./contexts.ts";

describe("the file", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "lqx-contexts-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test("is written for its owner alone and read back", async () => {
    const path = join(directory, "new", "config.json");
    const contexts: Contexts = {
      current: "lab",
      contexts: { lab: { server: "http://lab:8080", token: "secret", user: "ada" } },
    };
    await saveContexts(path, contexts);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await loadContexts(path)).toEqual(contexts);
  });
  test("that is not there holds nothing; one that is broken is named", async () => {
    const path = join(directory, "config.json");
    expect(await loadContexts(path)).toEqual({ current: "", contexts: {} });
    await writeFile(path, "{");
    await expect(loadContexts(path)).rejects.toThrow(`${path} is not usable`);
    await writeFile(path, '{"contexts":{"a":{}}}');
    await expect(loadContexts(path)).rejects.toThrow("context a has no server");
  });
});

describe("the endpoint", () => {
  const saved: Contexts = {
    current: "lab",
    contexts: {
      lab: { server: "http://lab:8080", token: "lab-token" },
      prod: { server: "https://prod", token: "prod-token", caFile: "/ca" },
    },
  };
  const choice = {
    saved,
    context: undefined,
    server: undefined,
    environment: { server: undefined, token: undefined },
    fallback: "http://127.0.0.1:8080",
  };
  test("is --server, then the environment, then the context, then this machine", () => {
    const environment = { server: "http://env:1", token: undefined };
    expect(chooseEndpoint({ ...choice, server: "flag:2", environment }).server).toBe("http://flag:2");
    expect(chooseEndpoint({ ...choice, environment }).server).toBe("http://env:1");
    expect(chooseEndpoint(choice)).toMatchObject({ server: "http://lab:8080", token: "lab-token" });
    expect(chooseEndpoint({ ...choice, saved: { current: "", contexts: {} } }).server).toBe("http://127.0.0.1:8080");
    expect(chooseEndpoint({ ...choice, context: "prod", environment }).server).toBe("https://prod");
  });
  test("gets a token only if the token was saved for it", () => {
    expect(chooseEndpoint({ ...choice, server: "http://elsewhere:8080" }).token).toBeUndefined();
    expect(chooseEndpoint({ ...choice, server: "https://prod/" })).toMatchObject({
      token: "prod-token",
      caFile: "/ca",
    });
    const environment = { server: undefined, token: "from-env" };
    expect(chooseEndpoint({ ...choice, environment }).token).toBe("from-env");
  });
  test("refuses what is no address or no context", () => {
    expect(() => chooseEndpoint({ ...choice, context: "nowhere" })).toThrow("there is no context nowhere");
    expect(() => normalServer("ftp://x")).toThrow("only http and https");
    expect(() => normalServer("http://")).toThrow("no server address");
    expect(normalServer("host:8080/base/")).toBe("http://host:8080/base");
  });
});

test("the environment says where things are", () => {
  const settings = readSettings({ HOME: "/home/ada", EDITOR: "nano", NO_COLOR: "1", LIMIQUANTIX_SERVER: "" });
  expect(settings).toMatchObject({
    server: undefined,
    configDir: "/home/ada/.config/limiquantix",
    editor: "nano",
    noColor: true,
  });
});
