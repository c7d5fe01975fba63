import { UploadCloud } from "lucide-react";
import { useEffect, useState } from "react";
import { strings } from "../../../strings/index.ts";

const s = strings.images.upload;

/** While it is there, files can be dropped anywhere in the window. */
export function DropZone({ onFiles }: { onFiles: (files: File[]) => void }) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    // Each element that the pointer passes enters before the last one is left.
    let depth = 0;
    const stop = new AbortController();
    const listen = (type: "dragenter" | "dragleave" | "dragover" | "drop", work: (event: DragEvent) => void) =>
      window.addEventListener(
        type,
        (event) => {
          if (!event.dataTransfer?.types.includes("Files")) return;
          event.preventDefault();
          work(event);
        },
        { signal: stop.signal },
      );
    listen("dragenter", () => setOver(++depth > 0));
    listen("dragleave", () => setOver(--depth > 0));
    listen("dragover", ({ dataTransfer }) => dataTransfer && (dataTransfer.dropEffect = "copy"));
    listen("drop", ({ dataTransfer }) => {
      depth = 0;
      setOver(false);
      const files = [...(dataTransfer?.files ?? [])];
      if (files.length > 0) onFiles(files);
    });
    return () => stop.abort();
  }, [onFiles]);
  if (!over) return null;
  return (
    <div className="pointer-events-none fixed inset-3 z-50 flex flex-col items-center justify-center gap-2 rounded-2xl border-2 border-dashed border-accent bg-raised/90">
      <UploadCloud size={40} className="text-accent" />
      <p className="text-[16px] font-semibold">{s.drop}</p>
      <p className="text-muted">{s.dropText}</p>
    </div>
  );
}
