import { strings } from "../strings/index.ts";
import { Skeleton, SkeletonRows } from "../ui/states.tsx";

/** The product's outline, while it is not known yet who looks at what. */
export function ShellSkeleton() {
  return (
    <div className="flex h-full">
      <div className="hidden w-56 shrink-0 flex-col gap-2 border-r border-line bg-ground p-4 md:flex">
        <div className="flex h-5 items-center gap-2">
          <img src="/icon.svg" alt="" width={20} height={20} />
          <span className="text-[14px] font-semibold tracking-tight">{strings.shell.product}</span>
        </div>
        {Array.from({ length: 8 }, (_, i) => (
          <Skeleton key={i} className="h-5" />
        ))}
      </div>
      <div className="flex min-w-0 grow flex-col">
        <div className="h-11 shrink-0 border-b border-line bg-ground" />
        <div className="grow bg-surface">
          <SkeletonRows rows={16} />
        </div>
      </div>
    </div>
  );
}
