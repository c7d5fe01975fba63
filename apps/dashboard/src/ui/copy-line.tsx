import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "./button.tsx";

/** One line to take elsewhere: a command, a token. `secret`: what the label warns of is the caller's. */
export function CopyLine({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <div className="flex items-start gap-2 rounded-md border border-line bg-ground p-2">
      <code aria-label={label} className="min-w-0 grow py-1 font-mono text-[12px] break-all select-all">
        {text}
      </code>
      <Button
        look="ghost"
        aria-label={copied ? "Copied" : "Copy"}
        icon={copied ? <Check size={15} className="text-ok" /> : <Copy size={15} />}
        onClick={() => void copy()}
      />
    </div>
  );
}
