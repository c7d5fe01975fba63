/** What a file's name tells of what is in it. */
export interface NameGuess {
  name: string;
  distribution: string;
  version: string;
  defaultUser: string;
}

const extensions = /(\.(qcow2?|img|raw|iso|vmdk|vhdx?|vdi|ova|gz|xz|zst|bz2))+$/i;

const architecture = /(x86|amd|arm|aarch)[_-]?\d+([_-]64)?/gi;
/** 12 of debian-12, 24.04 of ubuntu-24.04.1. */
const versionPattern = /(?:^|[^\d.])(\d{1,2}(?:\.\d{1,2})?)(?:\.\d+)*(?=$|[^\d.])/;

/** The user that a distribution's own cloud images make. */
const distributions: readonly { id: string; pattern: RegExp; user: string }[] = [
  { id: "ubuntu", pattern: /ubuntu|jammy|noble|resolute|focal/i, user: "ubuntu" },
  { id: "debian", pattern: /debian|bookworm|trixie|bullseye/i, user: "debian" },
  { id: "rocky", pattern: /rocky/i, user: "rocky" },
  { id: "almalinux", pattern: /alma/i, user: "almalinux" },
  { id: "centos", pattern: /centos/i, user: "cloud-user" },
  { id: "rhel", pattern: /rhel|red-?hat/i, user: "cloud-user" },
  { id: "fedora", pattern: /fedora/i, user: "fedora" },
  { id: "opensuse", pattern: /suse|leap/i, user: "opensuse" },
  { id: "arch", pattern: /(^|[^a-z])arch([^a-z]|$)/i, user: "arch" },
  { id: "alpine", pattern: /alpine/i, user: "alpine" },
  { id: "freebsd", pattern: /freebsd/i, user: "freebsd" },
  { id: "windows", pattern: /windows|(^|[^a-z])win\d|server_?20\d\d/i, user: "" },
];

/** A name that the library takes (at most 63 of `A-Za-z0-9 ._-`), and a guess at the system. */
export function guessFrom(fileName: string): NameGuess {
  const base = fileName.replace(extensions, "");
  const clean = base.replaceAll(/[^A-Za-z0-9 ._-]+/g, "-").slice(0, 63);
  const name = clean.replace(/^[^A-Za-z0-9]+/, "").replace(/[^A-Za-z0-9]+$/, "") || "image";
  const found = distributions.find(({ pattern }) => pattern.test(base));
  const version = found ? (versionPattern.exec(base.replace(architecture, ""))?.[1] ?? "") : "";
  return { name, distribution: found?.id ?? "", version, defaultUser: found?.user ?? "" };
}
