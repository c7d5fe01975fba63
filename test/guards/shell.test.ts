import { expect, test } from "vitest";
import { read, sourceFiles } from "./files.ts";

const shipped = sourceFiles(".ts").filter(
  (file) =>
    /^(packages|apps)\/[^/]+\/src\//.test(file) && !/\.test\.ts$|-suite\.ts$|\/(test-suites|testing)\//.test(file),
);

/** Programs that what ships may start, by where: each takes an array of arguments. */
const starters: Record<string, RegExp> = {
  "packages/drivers/src/file-pool/qemu-img.ts": /promisify\(execFile\)/,
  "packages/drivers/src/file-pool/follow-program.ts": /spawn\(program, args, \{/,
  "packages/drivers/src/lvm/host-commands.ts": /execFile\(program, args, options/,
  "packages/drivers/src/rbd/ceph-commands.ts": /promisify\(execFile\)/,
  "packages/drivers/src/nfs/mount.ts": /promisify\(execFile\)/,
  "packages/drivers/src/remote-backend/child-link.ts": /spawn\("setpriv", \["--pdeathsig", "KILL", \.\.\.program\]/,
  "apps/cli/src/commands/vm/edit-in-editor.ts": /spawn\(program, \[\.\.\.args, file\]/,
  "apps/cli/src/commands/vm/ssh-to-vm.ts": /spawn\("ssh", args/,
  "apps/cli/src/commands/vm/ssh-keys.ts": /execFile\)\("ssh-keygen", args\)/,
  "apps/cli/src/commands/console/viewer.ts": /spawn\("remote-viewer", \[.*, "--", target\]/,
  "apps/cli/src/commands/console/register.ts": /spawn\(program, args/,
  "apps/cli/src/login/oidc.ts": /spawn\("xdg-open", \[url\]/,
  "apps/image-builder/src/run.ts": /promisify\(execFile\)/,
};

test("nothing that ships goes through a shell or evaluates text", () => {
  expect(shipped.length).toBeGreaterThan(200);
  const shell =
    /import \{[^}]*\bexec(Sync)?\b[^}]*\} from "node:child_process"|shell: true|["'](?:\/bin\/)?(?:ba)?sh["'], \[?["']-c|\beval\(|new Function\(/;
  // The image builder, which runs where images are made, has two scripts of its own, whose words come as arguments.
  const scripts = new Set(["apps/image-builder/src/apt.ts", "apps/image-builder/src/tiny-image.ts"]);
  expect(shipped.filter((file) => !scripts.has(file) && shell.test(read(file)))).toEqual([]);
  for (const file of scripts) expect(read(file), file).not.toMatch(/"-c", `/);
});

test("who starts a program is known, and is in the list with how", () => {
  const using = shipped.filter((file) => read(file).includes("node:child_process"));
  expect(using.filter((file) => !(file in starters))).toEqual([]);
  for (const [file, how] of Object.entries(starters)) expect(read(file), file).toMatch(how);
});
