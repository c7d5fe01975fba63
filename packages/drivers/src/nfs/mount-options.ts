import { problem, Reason } from "@limiquantix/api";

/**
 * Of every mount of ours (nfs(5)). Hard: what a guest wrote is not given up. No program and no device of the server is
 * believed. What another host changed is seen at once: names and directories are asked for every time.
 */
const ours = ["hard", "nosuid", "nodev", "noexec", "lookupcache=none", "acdirmin=0", "acdirmax=0"] as const;

const mayBeGiven = new Set(
  `rsize wsize timeo retrans nconnect max_connect trunkdiscovery notrunkdiscovery proto port mountport mountproto mountvers
  mounthost sec clientaddr noresvport resvport sharecache nosharecache noatime nodiratime relatime sync async lock
  fsc nofsc xprtsec migration nomigration`
    .trim()
    .split(/\s+/),
);

/** The `-o` of mount.nfs(8); UNSUPPORTED for one that would take away what we rely on, or that we do not know. */
export function mountOptions(version: string, given: string): string {
  const words = given.split(",").filter(Boolean);
  for (const word of words) {
    const [name = ""] = word.split("=");
    if (mayBeGiven.has(name)) continue;
    const why = ours.some((own) => own.split("=")[0] === name)
      ? "we set it ourselves"
      : name === "nolock"
        ? "two hosts could write one disk: QEMU's locks would hold on each of them alone"
        : ["soft", "softerr", "bg", "vers", "nfsvers", "minorversion"].includes(name)
          ? "it has a field of its own, or guests would lose what they wrote"
          : `known ones are ${[...mayBeGiven].join(", ")}`;
    throw problem(Reason.UNSUPPORTED, { what: `the mount option ${word}`, why });
  }
  return [...words, ...ours, "retry=0", ...(version ? [`vers=${version}`] : [])].join(",");
}
