/** A VM as it is being filled in: plain data, so that it can be kept and compared. */
export interface Draft {
  source: "image" | "iso" | "empty";
  imageId: string;
  isoId: string;
  guest: "linux" | "windows";
  firmware: "bios" | "uefi" | "secure";
  name: string;
  description: string;
  /** key=value on each line. */
  labels: string;
  projectId: string;
  folderId: string;
  cores: number;
  memoryMib: number;
  disks: DraftDisk[];
  /** That exist already, and are attached as soon as the VM is there. */
  volumeIds: string[];
  nics: DraftNic[];
  username: string;
  password: string;
  confirmation: string;
  sshKeys: string[];
  userData: string;
  /** Empty: wherever it fits. */
  nodeId: string;
  start: boolean;
}

export interface DraftDisk {
  sizeGib: number;
  /** Empty: the host's default. */
  poolId: string;
}

export interface DraftNic {
  /** Empty: the default network. */
  networkId: string;
  macAddress: string;
}

export const steps = ["source", "name", "resources", "network", "access", "placement", "review"] as const;
export type Step = (typeof steps)[number];

export const emptyDraft: Draft = {
  source: "image",
  imageId: "",
  isoId: "",
  guest: "linux",
  firmware: "bios",
  name: "",
  description: "",
  labels: "",
  projectId: "default",
  folderId: "",
  cores: 2,
  memoryMib: 4096,
  disks: [{ sizeGib: 20, poolId: "" }],
  volumeIds: [],
  nics: [{ networkId: "", macAddress: "" }],
  username: "",
  password: "",
  confirmation: "",
  sshKeys: [],
  userData: "",
  nodeId: "",
  start: true,
};

/** What is written nowhere: it lives as long as the page. */
const secrets = { password: "", confirmation: "", userData: "" } satisfies Partial<Draft>;

export function withoutSecrets(draft: Draft): Draft {
  return { ...draft, ...secrets };
}

/** The draft that was kept, as far as it is one; anything else in it is forgotten. */
export function readDraft(text: string | null): Draft | undefined {
  if (!text) return undefined;
  try {
    const kept = JSON.parse(text) as Partial<Draft> | null;
    if (typeof kept !== "object" || kept === null) return undefined;
    const draft: Draft = { ...emptyDraft };
    for (const key of Object.keys(emptyDraft) as (keyof Draft)[]) {
      const [value, usual] = [kept[key], emptyDraft[key]];
      if (typeof value === typeof usual && Array.isArray(value) === Array.isArray(usual)) {
        Object.assign(draft, { [key]: value });
      }
    }
    return withoutSecrets(draft.disks.length > 0 ? draft : { ...draft, disks: emptyDraft.disks });
  } catch {
    return undefined;
  }
}

export function isPristine(draft: Draft): boolean {
  return JSON.stringify(draft) === JSON.stringify(emptyDraft);
}
