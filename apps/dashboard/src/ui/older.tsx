import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Pages } from "../api/use-pages.ts";
import { strings } from "../strings/index.ts";
import { Button } from "./button.tsx";
import { At } from "./time.tsx";

/** Below a list that goes back in time: how far it was looked back, and a button for more. */
export function Older({ pages, back }: { pages: Pages<unknown>; back?: Timestamp | undefined }) {
  if (!pages.more && !pages.loading) return null;
  return (
    <footer className="flex min-h-11 shrink-0 flex-wrap items-center justify-end gap-3 border-t border-line px-4 py-1.5 text-muted">
      {back && (
        <span>
          {strings.common.lookedBack} <At at={back} />
        </span>
      )}
      <Button busy={pages.loading} onClick={pages.loadMore}>
        {back ? strings.common.loadOlder : strings.common.loadMore}
      </Button>
    </footer>
  );
}
