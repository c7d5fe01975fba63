import { MonitorOff, PlugZap, Power, ShieldX } from "lucide-react";
import type { ReactNode } from "react";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { ProblemText } from "../../ui/problem.tsx";
import type { ConsoleState } from "./use-console.ts";

const s = strings.console;

/** What is to be said in the place of the screen; nothing while it is open. */
export function ConsoleNotice({
  state,
  retry,
  off,
}: {
  state: ConsoleState;
  retry: () => void;
  /** How to start it, where that is known. */
  off: ReactNode;
}) {
  switch (state.kind) {
    case "open":
      return null;
    case "connecting":
      return <Box icon={<PlugZap size={28} />} title={s.connecting} />;
    case "off":
      return (
        <Box icon={<Power size={28} />} title={s.off.title}>
          {off}
        </Box>
      );
    case "lost":
      return (
        <Box icon={<MonitorOff size={28} />} title={s.lost.title}>
          {state.why && <p className="first-letter:uppercase">{state.why}</p>}
          <p>{s.lost.text}</p>
          <Button onClick={retry}>{s.lost.now}</Button>
        </Box>
      );
    case "refused":
      return (
        <Box icon={<ShieldX size={28} />} title={s.refused}>
          <ProblemText problem={state.problem} />
          <Button onClick={retry}>{s.again}</Button>
        </Box>
      );
  }
}

function Box({ icon, title, children }: { icon: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div
      role="status"
      className="absolute inset-0 z-10 flex flex-col items-center justify-center gap-3 bg-ground/90 p-4 text-center text-muted"
    >
      <span className="text-faint">{icon}</span>
      <p className="text-[15px] font-semibold text-text">{title}</p>
      {children}
    </div>
  );
}
