/** What a name tells of a system. */
export interface NamedOs {
  family: string;
  distribution: string;
  version: string;
  architecture: string;
}

interface Known {
  distribution: string;
  family?: string;
  /** With the version in its first group, where names have one. */
  name: RegExp;
}

/**
 * As the names of cloud images, the labels of installation media and the envelopes of OVAs (VMware's `debian12_64Guest`,
 * VirtualBox's `Debian_64`) have them. Windows media are labelled by their edition (`SSS_X64FRE_EN-US_DV9`).
 */
const known: readonly Known[] = [
  { distribution: "virtio-win", family: "drivers", name: /virtio-win[-_ ]?(\d+(?:\.\d+)+)?/ },
  { distribution: "windows", family: "windows", name: /windows[-_ ]?(?:server[-_ ]?)?(?:hyperv)?(20\d\d|1[01]|9)?/ },
  { distribution: "windows", family: "windows", name: /\b(?:sss|ccc?oma|cpba|cena|ess|ir\d?_?sss)_[a-z0-9]*fre/ },
  { distribution: "ubuntu", name: /ubuntu(?:[-_ ]server)?[-_ ]?(\d\d\.\d\d)?/ },
  { distribution: "ubuntu", name: /\b(jammy|noble|resolute)-server-cloudimg/ },
  { distribution: "debian", name: /debian(?: gnu\/linux)?[-_ ]?(?!64)(\d{1,2})?/ },
  { distribution: "almalinux", name: /alma(?:[-_ ]?linux)?[-_ ]?(?!64)(\d{1,2})?/ },
  { distribution: "rocky", name: /rocky(?:[-_ ]?linux)?[-_ ]?(?!64)(\d{1,2})?/ },
  {
    distribution: "fedora",
    name: /fedora(?:[-_ ](?:cloud|server|s|ws|workstation))?(?:[-_ ](?:base|dvd|generic|live|netinst|x86_64))*[-_ ]?(?!64)(\d{2})?/,
  },
  { distribution: "opensuse", name: /open[-_ ]?suse(?:[-_ ](?:leap|minimal|vm))*[-_ ]?(\d{2}\.\d)?/ },
  { distribution: "centos", name: /centos(?:[-_ ]?stream)?[-_ ]?(?!64)(\d{1,2})?/ },
  { distribution: "rhel", name: /\brhel[-_ ]?(?!64)(\d{1,2})?/ },
  { distribution: "arch", name: /\barch(?:[-_ ]?linux)/ },
];

const codeNames: Readonly<Record<string, string>> = { jammy: "22.04", noble: "24.04", resolute: "26.04" };

/** The first of the names that says anything. Nothing is sure about it: people correct it with UpdateImage. */
export function osByName(names: readonly string[]): NamedOs | undefined {
  for (const name of names) {
    const text = name.toLowerCase();
    for (const { distribution, family = "linux", name: pattern } of known) {
      const match = pattern.exec(text);
      if (!match) continue;
      const told = match[1] ?? "";
      return { family, distribution, version: codeNames[told] ?? told, architecture: architectureOf(text) };
    }
  }
  return undefined;
}

function architectureOf(text: string): string {
  if (/aarch64|arm64/.test(text)) return "aarch64";
  return /x86[-_]64|amd64|x64|_64(?:guest)?\b/.test(text) ? "x86_64" : "";
}
