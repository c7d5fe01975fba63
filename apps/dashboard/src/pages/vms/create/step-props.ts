import type { Draft } from "./draft.ts";
import type { ChangeDraft } from "./use-draft.ts";
import type { DraftContext } from "./validate.ts";

/** What each step of the wizard gets. */
export interface StepProps {
  draft: Draft;
  change: ChangeDraft;
  /** What is wrong with a field, once it is time to say so. */
  fault: (field: string) => string | undefined;
  context: DraftContext;
}
