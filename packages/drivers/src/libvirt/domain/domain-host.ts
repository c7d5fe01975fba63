/** What a domain's XML depends on besides its definition: this host, as libvirt and a trial told. */
export interface DomainHost {
  accelerator: "kvm" | "tcg";
  architecture: string;
  emulator: string;
  maxVcpus: number;
  /** Of libvirt's domcapabilities; vpindex, synic and stimer kill QEMU where they are not listed. */
  hypervFeatures: ReadonlySet<string>;
  videoModels: ReadonlySet<string>;
  uefi: boolean;
  secureBoot: boolean;
  /** Directory for the guests' serial logs. */
  logDirectory: string;
  /** Where the leases are: `<directory>/<lockspace>/<vmId>`. Undefined: this host's libvirt has no lock manager. */
  leases: { directory: string; lockspace: string } | undefined;
}

/** What an earlier definition of the domain fixed and the next one keeps, so that the guest sees the same hardware. */
export interface KeptHardware {
  /** The libvirt name; it does not follow a rename. */
  name: string;
  /** pc-q35-10.0: `q35` alone would become whatever is newest. */
  machine: string;
  /** By device alias. */
  devices: ReadonlyMap<string, KeptDevice>;
}

export interface KeptDevice {
  /** vda */
  target: string | undefined;
  /** The attributes of `<address>`. */
  address: Readonly<Record<string, string>> | undefined;
}
