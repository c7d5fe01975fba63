import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { run } from "../run.ts";

/** A guest under plain QEMU on the loopback, as far from our own VM driver as can be: it tests images alone. */
export interface QemuGuest extends AsyncDisposable {
  /** Runs a command by SSH; retries until the guest lets us in. */
  ssh(command: string, login: Login): Promise<string>;
  /** Waits until the serial console, read from its start, matches. */
  waitForConsole(pattern: RegExp): Promise<void>;
  typeOnConsole(text: string): void;
  /** Presses the power button and waits for the end of QEMU. */
  powerDown(): Promise<void>;
}

export interface Login {
  readonly user: string;
  readonly keyFile?: string;
  readonly password?: string;
}

export interface GuestOptions {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly disk: string;
  readonly seed?: string;
  readonly memoryMiB: number;
  readonly uefi?: boolean;
  readonly sshPort: number;
  readonly bootTimeoutMs: number;
}

export async function bootGuest(options: GuestOptions): Promise<QemuGuest> {
  const { folder, disk, seed, memoryMiB, uefi = false, sshPort, bootTimeoutMs } = options;
  await mkdir(folder, { recursive: true });
  const console = join(folder, "console.sock");
  const monitor = join(folder, "monitor.sock");
  const words = [
    "-M q35 -accel tcg,tb-size=64 -nodefaults -display none -device virtio-rng-pci -device virtio-scsi-pci",
    `-m ${memoryMiB}`,
    `-chardev socket,id=console,path=${console},server=on,wait=off,logfile=${join(folder, "console.log")}`,
    `-serial chardev:console -monitor unix:${monitor},server=on,wait=off`,
    `-drive file=${disk},if=none,id=disk -device scsi-hd,drive=disk,bootindex=1`,
    `-netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${sshPort}-:22 -device virtio-net-pci,netdev=net`,
    seed ? `-drive file=${seed},if=virtio,format=raw,readonly=on` : "",
    uefi ? await firmware(folder) : "",
  ];
  const args = words.join(" ").trim().split(/ +/);
  const qemu = spawn("qemu-system-x86_64", args, { stdio: ["ignore", "ignore", "inherit"] });
  await until(async () => (await readFile(join(folder, "console.log")).catch(() => undefined)) !== undefined, 10_000);
  const serial = connect(console);
  serial.resume();
  return {
    ssh: (command, login) => ssh({ folder, port: sshPort, command, login, timeoutMs: bootTimeoutMs }),
    waitForConsole: (pattern) =>
      until(
        async () => pattern.test(await readFile(join(folder, "console.log"), "latin1")),
        bootTimeoutMs,
        `the console to show ${pattern}`,
      ),
    typeOnConsole: (text) => void serial.write(text),
    async powerDown() {
      connect(monitor).end("system_powerdown\n");
      await until(async () => qemu.exitCode !== null, 60_000, "the guest to power off");
    },
    async [Symbol.asyncDispose]() {
      serial.destroy();
      await end(qemu);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function firmware(folder: string): Promise<string> {
  const variables = join(folder, "vars.fd");
  await writeFile(variables, await readFile("/usr/share/OVMF/OVMF_VARS_4M.fd"));
  const code = "/usr/share/OVMF/OVMF_CODE_4M.fd";
  return `-drive if=pflash,unit=0,format=raw,readonly=on,file=${code} -drive if=pflash,unit=1,format=raw,file=${variables}`;
}

async function ssh(call: {
  folder: string;
  port: number;
  command: string;
  login: Login;
  timeoutMs: number;
}): Promise<string> {
  const { folder, port, command, login, timeoutMs } = call;
  const options = [
    "StrictHostKeyChecking=no",
    "UserKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
    "ConnectTimeout=10",
    "NumberOfPasswordPrompts=1",
  ];
  const env: NodeJS.ProcessEnv = { ...process.env };
  if (login.password !== undefined) {
    const ask = join(folder, "askpass");
    await writeFile(ask, '#!/bin/sh\nprintf "%s\\n" "$GUEST_PASSWORD"\n');
    await chmod(ask, 0o700);
    Object.assign(env, { SSH_ASKPASS: ask, SSH_ASKPASS_REQUIRE: "force", GUEST_PASSWORD: login.password });
    options.push("PubkeyAuthentication=no");
  } else options.push("BatchMode=yes");
  const args = [
    ...options.flatMap((option) => ["-o", option]),
    ...(login.keyFile ? ["-i", login.keyFile] : []),
    "-p",
    String(port),
  ];
  let answer = "";
  await until(
    async () => {
      const said = await run("ssh", [...args, `${login.user}@127.0.0.1`, command], { env }).catch(() => undefined);
      answer = said ?? "";
      return said !== undefined;
    },
    timeoutMs,
    `an SSH login as ${login.user}`,
  );
  return answer;
}

async function end(qemu: ChildProcess): Promise<void> {
  if (qemu.exitCode !== null || qemu.signalCode !== null) return;
  qemu.kill("SIGKILL");
  await once(qemu, "exit");
}

async function until(condition: () => Promise<boolean>, timeoutMs: number, what = "QEMU to start"): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
    await delay(250);
  }
}
