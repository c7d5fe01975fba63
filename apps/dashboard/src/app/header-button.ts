/** A button of the header that may carry a count. */
export const headerButton = "relative flex h-8 shrink-0 items-center gap-1.5 rounded-md px-2 hover:bg-hover";
