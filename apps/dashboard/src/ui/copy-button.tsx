import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { strings } from "../strings/index.ts";
import { Button } from "./button.tsx";

const shownMs = 1500;

/** Puts a text on the clipboard, and says so for a moment. */
export function CopyButton({ text, label = strings.common.copy }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), shownMs);
  };
  return (
    <Button icon={copied ? <Check size={14} /> : <Copy size={14} />} onClick={() => void copy()}>
      <span aria-live="polite">{copied ? strings.common.copied : label}</span>
    </Button>
  );
}
