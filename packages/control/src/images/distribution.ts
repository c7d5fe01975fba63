/** Sees to it that a host has what a VM's disks are overlays of. */
export interface ImageDistribution {
  /**
   * Resolves when the image is complete in the pool of that host; copies it from a host that has it where needed.
   * Two calls for the same copy share one transfer. Throws IMAGE_NOT_READY, POOL_FULL, NODE_UNREACHABLE.
   */
  ensureCopy(request: {
    imageId: string;
    nodeId: string;
    /** The pool's name on the host. */
    pool: string;
    signal: AbortSignal;
    onProgress: (percent: number) => void;
  }): Promise<void>;
}
