import type { ObservedVm } from "@limiquantix/api";
import { Job } from "../jobs/job.ts";
import type { VmOrder } from "./plan-vm.ts";

/** How far the work on an order is. */
export interface Progress {
  step: string;
  /** 0 to 100, of the whole. */
  percent: number;
  message: string;
}

/** The work on one order. */
export class EnsureJob extends Job<Progress, ObservedVm> {
  readonly order: VmOrder;

  constructor(order: VmOrder) {
    super();
    this.order = order;
  }
}
