import { parseArgs } from "node:util";

export const usage = `usage: limiquantix-image-builder tiny|debian|storage [--cache DIR] [--force]
  tiny     a guest that boots in seconds: kernel, busybox, SSH, NoCloud, guest agent
  debian   a genuine Debian 12 cloud image with cloud-init
  storage  a folder of kernel, initrd and disk of the VM that tests of storage run in (tools/lab/storage-vm)
  --cache DIR   where images and packages are kept (default /var/cache/limiquantix/images)
  --force       build again although the cache has it
Prints the path of the qcow2 or folder.`;

export interface Config {
  readonly image: string;
  readonly cacheFolder: string;
  readonly force: boolean;
}

/** Reads the command line and the environment; throws with the usage when it does not fit. */
export function readConfig(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Config {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { cache: { type: "string" }, force: { type: "boolean", default: false } },
  });
  const [image, ...others] = positionals;
  if (!image || others.length > 0) throw new Error(usage);
  const cacheFolder = values.cache ?? environment["LIMIQUANTIX_IMAGE_CACHE"] ?? "/var/cache/limiquantix/images";
  return { image, cacheFolder, force: values.force };
}

/** For mtools and what calls them: partitions of any size will do (mtools.conf(5), `mtools_skip_check`). */
export function mtoolsEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, MTOOLS_SKIP_CHECK: "1" };
}
