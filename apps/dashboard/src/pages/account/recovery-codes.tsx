import { Download, Printer } from "lucide-react";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { download } from "../../ui/download.ts";

const s = strings.account.factors;

/** Shown this once: to be copied, saved or printed before it is closed. */
export function RecoveryCodes({ user, codes, onClose }: { user: string; codes: string[]; onClose: () => void }) {
  const text = `${strings.shell.product}: ${s.codesTitle}, ${user}\n${location.origin}\n\n${codes.join("\n")}\n`;
  return (
    <Dialog
      open
      deliberate
      onClose={onClose}
      title={s.codesTitle}
      description={
        <>
          {s.codesText} {strings.common.secretOnce}
        </>
      }
      footer={
        <Button look="primary" onClick={onClose}>
          {strings.common.secretKept}
        </Button>
      }
    >
      <ul className="my-2 grid grid-cols-2 gap-x-6 gap-y-1 rounded-md border border-line-strong bg-ground p-3 font-mono text-[14px] select-all">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2 pb-2">
        <CopyButton text={codes.join("\n")} />
        <Button icon={<Download size={14} />} onClick={() => download("recovery-codes.txt", [text], "text/plain")}>
          {strings.common.download}
        </Button>
        <Button icon={<Printer size={14} />} onClick={() => print(text)}>
          {strings.common.print}
        </Button>
      </div>
    </Dialog>
  );
}

/** The codes alone, not the page behind them. */
function print(text: string): void {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.body.append(frame);
  const page = frame.contentWindow;
  const pre = frame.contentDocument?.createElement("pre");
  if (!page || !pre) return;
  pre.textContent = text;
  frame.contentDocument?.body.append(pre);
  page.addEventListener("afterprint", () => frame.remove());
  page.print();
}
