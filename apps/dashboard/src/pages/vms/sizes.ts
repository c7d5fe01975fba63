import type { VmSpec } from "@limiquantix/api";

export type SizeId = "small" | "medium" | "large" | "xlarge";

/** Sizes to begin with; every other number is as good. */
export const sizes: readonly { id: SizeId; cores: number; memoryMib: number }[] = [
  { id: "small", cores: 1, memoryMib: 2048 },
  { id: "medium", cores: 2, memoryMib: 4096 },
  { id: "large", cores: 4, memoryMib: 8192 },
  { id: "xlarge", cores: 8, memoryMib: 16_384 },
];

export function sizeOf(cores: number, memoryMib: number): SizeId | undefined {
  return sizes.find((size) => size.cores === cores && size.memoryMib === memoryMib)?.id;
}

/** How many virtual CPUs the spec can have without another topology: multiples of sockets × threads. */
export function coreStep({ cpu }: VmSpec): number {
  return Math.max(1, cpu?.sockets ?? 1) * Math.max(1, cpu?.threadsPerCore ?? 1);
}
