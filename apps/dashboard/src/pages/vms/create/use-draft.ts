import { useRouter } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";
import { emptyDraft, isPristine, readDraft, withoutSecrets, type Draft } from "./draft.ts";

export type ChangeDraft = (change: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) => void;

/** The draft of this tab: it survives a reload and a look at other pages, but for its secrets. */
export function useDraft(begin: Partial<Draft>): { draft: Draft; change: ChangeDraft; forget: () => void } {
  const { basepath } = useRouter();
  const key = `limiquantix.create-vm:${basepath}`;
  const [draft, setDraft] = useState<Draft>(() => ({
    ...(readDraft(sessionStorage.getItem(key)) ?? emptyDraft),
    ...begin,
  }));
  useEffect(() => {
    if (isPristine(withoutSecrets(draft))) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(withoutSecrets(draft)));
  }, [draft, key]);
  const change = useCallback<ChangeDraft>(
    (part) => setDraft((before) => ({ ...before, ...(typeof part === "function" ? part(before) : part) })),
    [],
  );
  const forget = useCallback(() => {
    setDraft(emptyDraft);
    sessionStorage.removeItem(key);
  }, [key]);
  return { draft, change, forget };
}
