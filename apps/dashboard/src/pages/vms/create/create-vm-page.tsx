import { VMService } from "@limiquantix/api";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ArrowLeft, ArrowRight } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type FormEvent } from "react";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey, useAction } from "../../../api/use-action.tsx";
import { useCan } from "../../../api/use-can.ts";
import { useLink } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { Button } from "../../../ui/button.tsx";
import { AskFirst } from "../../../ui/ask-first.tsx";
import { InSomeProject } from "../../../ui/in-some-project.tsx";
import { Page } from "../../../ui/page.tsx";
import { SkeletonRows } from "../../../ui/states.tsx";
import { DraftSummary } from "./draft-summary.tsx";
import { isPristine, steps, type Draft, type Step } from "./draft.ts";
import { attachTo } from "./attach-to.tsx";
import { followCreation } from "./follow-task.tsx";
import { requestOf } from "./request.ts";
import { serverFaults } from "./server-faults.ts";
import { StepList } from "./step-list.tsx";
import { AccessStep } from "./steps/access-step.tsx";
import { NameStep } from "./steps/name-step.tsx";
import { NetworkStep } from "./steps/network-step.tsx";
import { PlacementStep } from "./steps/placement-step.tsx";
import { ResourcesStep } from "./steps/resources-step.tsx";
import { ReviewStep } from "./steps/review-step.tsx";
import { SourceStep } from "./steps/source-step.tsx";
import { useDraftContext } from "./use-draft-context.ts";
import { useDraft } from "./use-draft.ts";
import { useDryRun } from "./use-dry-run.ts";
import { useWhyNot } from "./use-why-not.ts";
import { faultsOf, type Fault } from "./validate.ts";

const s = strings.createVm;

/** What a link to the wizard may fill in: /vms/new?image=… */
type Begin = Partial<Record<"image" | "iso" | "node" | "project" | "folder" | "step", string>>;

export function CreateVmPage() {
  const connection = useConnection();
  const link = useLink(connection.feed);
  return (
    <Page title={s.title}>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <InSomeProject privilege="vm.create" forbidden={s.forbidden}>
          <Wizard />
        </InSomeProject>
      )}
    </Page>
  );
}

function Wizard() {
  const connection = useConnection();
  const vms = useClient(VMService);
  const navigate = useNavigate();
  const search: Begin = useSearch({ strict: false });
  const { draft, change, forget } = useDraft(useState(() => begun(search))[0]);
  const at = Math.max(0, steps.indexOf(search.step as Step));
  const step = steps[at] ?? "source";
  // A link into the middle says nothing of what was filled in: only what was left by Next is called wrong.
  const [reached, setReached] = useState(at);
  const [tried, setTried] = useState<ReadonlySet<Step>>(new Set());
  const [discarding, setDiscarding] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const [toFocus, setToFocus] = useState(0);

  const context = useDraftContext(draft);
  const own = useMemo(() => faultsOf(draft, context), [draft, context]);
  const [can] = useCan([{ privilege: "vm.create", object: { kind: "project", id: draft.projectId } }]);
  const whyNot = useWhyNot(draft);
  const isReview = step === "review";
  const text = JSON.stringify(draft);
  // What is sent twice without a change makes one VM.
  const [sent, setSent] = useState({ text: "", key: "" });
  // Of what was sent the answer itself tells; a dry run behind it would find the name taken.
  const dryRun = useDryRun(draft, isReview && own.length === 0 && sent.text !== text);
  const attempt = useAction((idempotencyKey: string) => vms.createVM({ ...requestOf(draft), idempotencyKey }), {
    quiet: true,
  });
  useEffect(attempt.clear, [text, attempt.clear]);

  // What the server refused stays at its field until the draft is another.
  const refusal = attempt.problem ?? dryRun.problem;
  const [refused, setRefused] = useState<{ text: string; faults: Fault[] }>();
  useEffect(() => {
    if (refusal) setRefused({ text, faults: serverFaults(refusal) });
  }, [refusal, text]);
  const server = refused?.text === text ? refused.faults : [];
  const faults = [...own, ...server];
  const faulty = new Set(faults.map((fault) => fault.step));
  const fault = (field: string) =>
    (tried.has(step) ? own : own.filter(isAtOnce))
      .concat(server)
      .find((one) => one.step === step && one.field === field)?.message;

  useEffect(() => {
    if (toFocus > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [toFocus]);
  useEffect(() => {
    setReached((before) => Math.max(before, at));
    form.current?.scrollTo({ top: 0 });
    // Enter in a field that is gone by now.
    if (at > 0 && document.activeElement === document.body) title.current?.focus({ preventScroll: true });
  }, [at]);

  const go = (to: Step) =>
    void navigate({
      to: ".",
      search: (before: Begin) => ({ ...before, step: to === "source" ? undefined : to }),
    } as never);
  const tryStep = () => {
    setTried((before) => new Set([...before, step]));
    setToFocus((before) => before + 1);
  };
  const next = () => {
    const wrong = own.some((one) => one.step === step);
    if (wrong) return tryStep();
    setTried((before) => new Set([...before, step]));
    const following = steps[at + 1];
    if (following) go(following);
  };
  const create = async () => {
    const [first] = faults;
    if (first) {
      setTried(new Set(steps));
      setToFocus((before) => before + 1);
      return go(first.step);
    }
    const idempotencyKey = sent.text === text ? sent.key : newKey();
    setSent({ text, key: idempotencyKey });
    const made = await attempt.run(idempotencyKey);
    if (!made?.vm) return;
    for (const id of draft.volumeIds) attachTo(connection, id, made.vm);
    if (made.task) followCreation(connection, made.task, made.vm.name);
    forget();
    void navigate({ to: `/vms/${made.vm.id}`, replace: true } as never);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReview) next();
    else if (can?.allowed && !attempt.busy) void create();
  };
  const blocked = can?.allowed ? undefined : can?.why || s.checkingRights;
  const props = { draft, change, fault, context };
  return (
    <div className="flex min-h-0 grow max-md:flex-col">
      <StepList current={step} reached={reached} faulty={faulty} onGo={go} />
      <form ref={form} noValidate onSubmit={onSubmit} className="flex min-h-0 min-w-0 grow flex-col overflow-y-auto">
        <div className="mx-auto w-full max-w-3xl grow p-4 md:p-6">
          <h2 ref={title} tabIndex={-1} className="mb-4 text-[15px] font-semibold outline-none">
            {s.steps[step]}
          </h2>
          {step === "source" && <SourceStep {...props} />}
          {step === "name" && <NameStep {...props} />}
          {step === "resources" && <ResourcesStep {...props} />}
          {step === "network" && <NetworkStep {...props} />}
          {step === "access" && <AccessStep {...props} />}
          {step === "placement" && <PlacementStep {...props} whyNot={whyNot} />}
          {isReview && (
            <ReviewStep
              draft={draft}
              context={context}
              faults={faults}
              dryRun={attempt.problem ? { ...dryRun, problem: attempt.problem } : dryRun}
              onGo={go}
            />
          )}
        </div>
        <footer className="sticky bottom-0 flex items-center gap-2 border-t border-line bg-surface px-4 py-3">
          {!isPristine(draft) && (
            <Button look="ghost" onClick={() => setDiscarding(true)}>
              {s.discard}
            </Button>
          )}
          <span className="grow" />
          {at > 0 && (
            <Button icon={<ArrowLeft size={15} />} onClick={() => go(steps[at - 1] ?? "source")}>
              {s.back}
            </Button>
          )}
          {isReview ? (
            <Button type="submit" look="primary" busy={attempt.busy} blocked={blocked}>
              {s.create}
            </Button>
          ) : (
            <Button type="submit" look="primary">
              {s.next}
              <ArrowRight size={15} />
            </Button>
          )}
        </footer>
      </form>
      <DraftSummary draft={draft} context={context} whyNot={whyNot} />
      {discarding && (
        <AskFirst
          title={s.discardTitle}
          action={s.discard}
          onClose={() => setDiscarding(false)}
          work={async () => {
            forget();
            setTried(new Set());
            setReached(0);
            go("source");
          }}
        >
          {s.discardText}
        </AskFirst>
      )}
    </div>
  );
}

/** What is said while one types: it can only be wrong once there is something. */
function isAtOnce({ field }: Fault): boolean {
  return field.startsWith("sshKeys") || field === "userData" || field === "labels";
}

function begun({ image, iso, node, project, folder }: Begin): Partial<Draft> {
  return {
    ...(image && { source: "image", imageId: image }),
    ...(iso && { source: "iso", isoId: iso }),
    ...(node && { nodeId: node }),
    ...(project && { projectId: project, folderId: "" }),
    ...(folder && { folderId: folder }),
  };
}
