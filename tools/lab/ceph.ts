import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { freePort } from "../lib/free-port.ts";
import { endProcess, identify, readPidFile, run, waitFor, writePidFile } from "../lib/process.ts";

const usage = `usage: tools/lab/ceph COMMAND DIR
  up DIR         start a cluster that keeps everything in DIR, with one pool; prints how it is reached, as JSON
  stop-mon DIR   kill -9 the monitor
  start-mon DIR  start it again
  stop-osd DIR   kill -9 what keeps the data
  start-osd DIR  start it again
  down DIR       kill it and remove DIR`;

const POOL = "rbd";
/** May do in the pool, in all its namespaces, what RBD needs, and nothing else. */
const USER = "limiquantix";
const OSD_BYTES = 8 * 1024 ** 3;
const daemons = ["mon.a", "mgr.x", "osd.0"] as const;
type Daemon = (typeof daemons)[number];

async function up(directory: string): Promise<void> {
  if (existsSync(directory)) throw new Error(`${directory} is there: tools/lab/ceph down ${directory}`);
  const at = (...path: string[]) => join(directory, ...path);
  for (const folder of ["mgr", "osd", "log"]) await mkdir(at(folder), { recursive: true, mode: 0o700 });
  const [fsid, osd, port] = [randomUUID(), randomUUID(), await freePort()];
  const monitor = `127.0.0.1:${port}`;
  await writeFile(at("ceph.conf"), configuration(directory, fsid, monitor));
  await writeKeys(directory);
  await truncate(await emptyFile(at("osd/block")), OSD_BYTES);

  await run("monmaptool", ["--create", "--fsid", fsid, "--addv", "a", `[v2:${monitor}]`, at("monmap")]);
  const conf = ["-c", at("ceph.conf")];
  await run("ceph-mon", [...conf, "-i", "a", "--mkfs", "--monmap", at("monmap"), "--keyring", at("keys")]);
  await start(directory, "mon.a");
  // The manager takes its time, and nothing below waits for it.
  await start(directory, "mgr.x");
  await run("ceph", [...conf, "osd", "new", osd, "0"]);
  await run("ceph-osd", [...conf, "-i", "0", "--mkfs", "--osd-uuid", osd]);
  await start(directory, "osd.0");
  await run("ceph", [...conf, "osd", "pool", "create", POOL, "8", "8"]);
  await run("rbd", [...conf, "pool", "init", POOL], { timeout: 120_000 });
  const key = (await run("ceph-authtool", [at("keys"), "-n", `client.${USER}`, "--print-key"])).trim();
  // Capacity is the manager's.
  await waitFor(async () => JSON.parse(await run("ceph", [...conf, "df", "--format", "json"])).pools.length > 0, {
    timeoutMs: 60_000,
    intervalMs: 250,
    what: "the manager's statistics",
  });
  console.log(JSON.stringify({ conf: at("ceph.conf"), monitor, pool: POOL, user: USER, key }));
}

/** All keys are in the monitor's store from its first moment, which spares a question for each. */
async function writeKeys(directory: string): Promise<void> {
  const rights: [name: string, ...rights: string[]][] = [
    ["mon.", "mon", "allow *"],
    ["client.admin", "mon", "allow *", "osd", "allow *", "mgr", "allow *"],
    ["mgr.x", "mon", "allow profile mgr", "osd", "allow *"],
    ["osd.0", "mon", "allow profile osd", "mgr", "allow profile osd", "osd", "allow *"],
    [`client.${USER}`, "mon", "profile rbd", "osd", `profile rbd pool=${POOL}`],
  ];
  const keys = join(directory, "keys");
  await writeFile(keys, "", { mode: 0o600 });
  for (const [name, ...caps] of rights) {
    const pairs = caps.flatMap((_, i) => (i % 2 === 0 ? ["--cap", caps[i] ?? "", caps[i + 1] ?? ""] : []));
    await run("ceph-authtool", [keys, "--gen-key", "-n", name, ...pairs]);
  }
}

function configuration(directory: string, fsid: string, monitor: string): string {
  const settings: Record<string, Record<string, string | number | boolean>> = {
    global: {
      fsid,
      mon_initial_members: "a",
      mon_host: `[v2:${monitor}]`,
      public_network: "127.0.0.0/8",
      ms_bind_msgr1: false,
      ms_bind_port_min: 10_000,
      ms_bind_port_max: 60_000,
      auth_allow_insecure_global_id_reclaim: false,
      keyring: `${directory}/keys`,
      run_dir: directory,
      admin_socket: "",
      pid_file: `${directory}/$name.pid`,
      log_file: `${directory}/log/$name.log`,
      crash_dir: `${directory}/log`,
      osd_pool_default_size: 1,
      osd_pool_default_min_size: 1,
      osd_crush_chooseleaf_type: 0,
      mon_allow_pool_size_one: true,
      mon_warn_on_pool_no_redundancy: false,
      // The machine's disk may be as full as it likes.
      mon_data_avail_crit: 1,
      mon_data_avail_warn: 2,
    },
    mon: { mon_data: `${directory}/mon`, mon_osd_full_ratio: 0.97 },
    mgr: { mgr_data: `${directory}/mgr`, mgr_initial_modules: "", mgr_stats_period: 1, mgr_tick_period: 1 },
    osd: {
      osd_data: `${directory}/osd`,
      bluestore_block_size: OSD_BYTES,
      osd_memory_target: 939_524_096,
      bluestore_cache_size: 67_108_864,
      bluestore_fsck_on_mount: false,
      osd_op_num_shards: 2,
      osd_op_num_threads_per_shard: 1,
      osd_class_update_on_start: false,
      osd_mgr_stats_report_interval: 1,
    },
  };
  return Object.entries(settings)
    .map(([section, lines]) => {
      const text = Object.entries(lines).map(([name, value]) => `${name} = ${value}\n`);
      return `[${section}]\n${text.join("")}`;
    })
    .join("");
}

/** A daemon of Ceph goes into the background when it is ready, and leaves a file with its bare number. */
async function start(directory: string, daemon: Daemon): Promise<void> {
  const [type, id = ""] = daemon.split(".");
  await run(`ceph-${type}`, ["-c", join(directory, "ceph.conf"), "-i", id]);
  const pid = Number(await readFile(join(directory, `${daemon}.pid`), "utf8"));
  const process = await identify(pid);
  if (!process) throw new Error(`ceph-${type} ended right after its start; see ${directory}/log`);
  await writePidFile(idFile(directory, daemon), process);
}

async function startAgain(directory: string, daemon: Daemon): Promise<void> {
  if (!(await readPidFile(idFile(directory, daemon)))) await start(directory, daemon);
}

async function stop(directory: string, daemon: Daemon): Promise<void> {
  await endProcess(idFile(directory, daemon), { signal: "SIGKILL" });
}

const idFile = (directory: string, daemon: Daemon) => join(directory, `${daemon}.id`);

async function down(directory: string): Promise<void> {
  if (existsSync(directory) && !existsSync(join(directory, "ceph.conf")))
    throw new Error(`${directory} holds no cluster`);
  for (const daemon of daemons.toReversed()) await stop(directory, daemon);
  await rm(directory, { recursive: true, force: true });
}

async function emptyFile(path: string): Promise<string> {
  await writeFile(path, "", { mode: 0o600 });
  return path;
}

async function main([command, directory]: string[]): Promise<void> {
  if (!directory) throw new Error(usage);
  const path = resolve(directory);
  switch (command) {
    case "up":
      return up(path);
    case "down":
      return down(path);
    case "stop-mon":
      return stop(path, "mon.a");
    case "start-mon":
      return startAgain(path, "mon.a");
    case "stop-osd":
      return stop(path, "osd.0");
    case "start-osd":
      return startAgain(path, "osd.0");
    default:
      throw new Error(usage);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
