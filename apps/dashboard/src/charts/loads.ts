/** How busy one VM or host is right now. */
export interface Load {
  /** Of its vCPUs, or of the host's cores: 100 is all busy. */
  cpuPercent: number;
  memoryUsedBytes: number;
}

/** The loads of all that the user may see; another object each time something changed. */
export interface Loads {
  /** Undefined: nothing measured it lately (it is off, or its host cannot be reached). */
  of(id: string): Load | undefined;
}
