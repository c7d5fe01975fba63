import { useRef, useState } from "react";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, TextArea } from "../../ui/field.tsx";
import { keystrokesOf } from "./keysyms.ts";
import type { VncView } from "./vnc-view.ts";

const s = strings.console.type;

/** Types a text at the guest as keys: also where nothing in it could take a clipboard. */
export function TypeDialog({ view, onClose }: { view: VncView; onClose: () => void }) {
  const [text, setText] = useState("");
  const [done, setDone] = useState<number>();
  const [unreadable, setUnreadable] = useState(false);
  const stop = useRef<AbortController>(undefined);
  const { strokes, leftOut } = keystrokesOf(text);

  const close = () => {
    stop.current?.abort();
    onClose();
  };
  const start = async () => {
    const running = (stop.current = new AbortController());
    setDone(0);
    await view.type(strokes, setDone, running.signal);
    if (running.signal.aborted) setDone(undefined);
    else onClose();
  };
  const paste = () =>
    navigator.clipboard.readText().then(
      (pasted) => setText((before) => before + pasted),
      () => setUnreadable(true),
    );

  return (
    <Dialog
      open
      onClose={close}
      title={s.title}
      description={s.description}
      footer={
        done === undefined ? (
          <>
            <Button onClick={() => void paste()}>{s.paste}</Button>
            <Button look="primary" disabled={strokes.length === 0} onClick={() => void start()}>
              {s.start}
            </Button>
          </>
        ) : (
          <Button onClick={() => stop.current?.abort()}>{s.cancel}</Button>
        )
      }
    >
      <Field
        label={s.label}
        {...(unreadable ? { error: s.none } : {})}
        {...(leftOut > 0 ? { hint: s.leftOut(leftOut) } : {})}
      >
        <TextArea
          rows={8}
          className="font-mono"
          spellCheck={false}
          readOnly={done !== undefined}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      {done !== undefined && (
        <div className="mt-2 flex flex-col gap-1" role="status">
          <progress className="h-1.5 w-full accent-accent" value={done} max={strokes.length} aria-label={s.title} />
          <span className="text-muted">{s.typing(done, strokes.length)}</span>
        </div>
      )}
    </Dialog>
  );
}
