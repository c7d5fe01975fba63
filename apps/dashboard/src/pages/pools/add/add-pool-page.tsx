import { IscsiConfig_Mode, StoragePoolService, type StoragePool } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { Boxes, FolderOpen, HardDrive, Network, Server, type LucideIcon } from "lucide-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { defaultProject } from "../../../api/default-project.ts";
import { useClient, useConnection } from "../../../api/context.tsx";
import { newKey, useAction } from "../../../api/use-action.tsx";
import { useCan } from "../../../api/use-can.ts";
import { useSearchValue } from "../../../app/search.ts";
import { useLink, useRows } from "../../../live/use-collection.ts";
import { strings } from "../../../strings/index.ts";
import { ProjectSelect } from "../../projects/project-select.tsx";
import { Button } from "../../../ui/button.tsx";
import { Field, Input } from "../../../ui/field.tsx";
import { fieldErrors } from "../../../ui/form-dialog.tsx";
import { InSomeProject } from "../../../ui/in-some-project.tsx";
import { Page } from "../../../ui/page.tsx";
import { ProblemText } from "../../../ui/problem.tsx";
import { SkeletonRows } from "../../../ui/states.tsx";
import { HostCheckboxes } from "../host-checkboxes.tsx";
import { KindFields } from "./kind-fields.tsx";
import { configOf, fieldsOf, initially, kinds, missing, type Kind, type Typed } from "./kinds.ts";
import { PoolOutcome } from "./pool-outcome.tsx";
import { ThresholdFields, thresholdsFrom } from "./threshold-fields.tsx";

const s = strings.addPool;

const icons: Record<Kind, LucideIcon> = {
  nfs: Server,
  rbd: Boxes,
  iscsi: HardDrive,
  linstor: Network,
  localDir: FolderOpen,
};

export function AddPoolPage() {
  const { feed } = useConnection();
  const link = useLink(feed);
  const [round, setRound] = useState(0);
  return (
    <Page title={s.title}>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <InSomeProject privilege="pool.create" forbidden={s.forbidden}>
          <Form key={round} onAnother={() => setRound(round + 1)} />
        </InSomeProject>
      )}
    </Page>
  );
}

/** Declares a pool; afterwards it shows what each host says of it. */
function Form({ onAnother }: { onAnother: () => void }) {
  const client = useClient(StoragePoolService);
  const navigate = useNavigate();
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const [chosenKind, setKind] = useSearchValue("kind", "nfs");
  const kind = kinds.find((one) => one === chosenKind) ?? "nfs";
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [projectId, setProject] = useState(defaultProject);
  const [typed, setTyped] = useState<Partial<Record<Kind, Typed>>>({});
  const [hosts, setHosts] = useState<ReadonlySet<string>>(() => new Set(nodes.map(({ id }) => id)));
  const [thresholds, setThresholds] = useState({ warn: "", stop: "", overcommit: "" });
  const [made, setMade] = useState<StoragePool>();
  const [can] = useCan([{ privilege: "pool.create", object: { kind: "project", id: projectId } }]);
  const values = { ...initially[kind], ...typed[kind] };
  const config = configOf(kind, values);
  const alone = config.case === "iscsi" && config.value.mode === IscsiConfig_Mode.LVM_THIN && hosts.size > 1;
  const attempt = useAction(
    async () => {
      const assignedNodeIds = nodes.map(({ id }) => id).filter((id) => hosts.has(id));
      const spec = { config, assignedNodeIds, thresholds: thresholdsFrom(thresholds) };
      const request = { name: name.trim(), description, projectId, spec, idempotencyKey: newKey() };
      const { pool } = await client.createPool(request);
      // What was typed as a secret is not kept any longer than it is needed.
      setTyped({});
      setMade(pool);
    },
    { quiet: true },
  );
  if (made) {
    return (
      <Column>
        <PoolOutcome made={made} onAnother={onAnother} />
      </Column>
    );
  }
  const error = fieldErrors(attempt.problem);
  const unsaid =
    (name.trim() === "" ? s.need(s.name) : missing(fieldsOf[kind], values)) ??
    (hosts.size === 0 ? s.needHosts : alone ? s.oneHost : undefined);
  const blocked = can?.allowed ? unsaid : can?.why || s.checking;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (blocked === undefined && !attempt.busy) void attempt.run();
  };
  return (
    <form noValidate onSubmit={onSubmit} className="flex min-h-0 grow flex-col overflow-y-auto">
      <Column>
        <fieldset className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
          <legend className="mb-2 font-medium">{s.kind}</legend>
          {kinds.map((one) => {
            const Icon = icons[one];
            const [title, text] = s.kinds[one];
            return (
              <label
                key={one}
                className={`flex cursor-pointer flex-col gap-1 rounded-lg border p-3 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent ${kind === one ? "border-accent bg-accent-soft" : "border-line hover:bg-hover"}`}
              >
                <input
                  type="radio"
                  name="kind"
                  className="sr-only"
                  checked={kind === one}
                  onChange={() => (setKind(one), attempt.clear())}
                />
                <span className="flex items-center gap-2 font-medium">
                  <Icon aria-hidden size={16} className={kind === one ? "text-accent" : "text-muted"} />
                  {title}
                </span>
                <span className="text-muted">{text}</span>
              </label>
            );
          })}
        </fieldset>
        {attempt.problem && (
          <div role="alert" className="rounded-md border border-bad/40 bg-bad-soft p-3">
            <ProblemText problem={attempt.problem} />
          </div>
        )}
        <Part title={s.sections.name}>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={s.name} error={error("name")}>
              <Input
                maxLength={63}
                placeholder={s.namePlaceholder}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            </Field>
            <Field label={s.project} error={error("projectId")}>
              <ProjectSelect value={projectId} onValue={setProject} />
            </Field>
          </div>
          <Field label={s.description} error={error("description")}>
            <Input value={description} onChange={(event) => setDescription(event.target.value)} />
          </Field>
        </Part>
        <Part title={s.sections.reach}>
          <KindFields
            fields={fieldsOf[kind]}
            typed={values}
            onChange={(field, value) => setTyped({ ...typed, [kind]: { ...typed[kind], [field]: value } })}
            error={error}
          />
        </Part>
        <Part title={s.sections.hosts}>
          <HostCheckboxes
            label={s.sections.hosts}
            nodes={nodes}
            chosen={hosts}
            onChange={setHosts}
            hint={s.hostsHint}
            error={error("assignedNodeIds") ?? (alone ? s.oneHost : undefined)}
          />
        </Part>
        <Part title={s.sections.thresholds}>
          <ThresholdFields typed={thresholds} onChange={setThresholds} error={error} />
        </Part>
      </Column>
      <footer className="sticky bottom-0 flex justify-end gap-2 border-t border-line bg-surface px-4 py-3">
        <Button onClick={() => void navigate({ to: "/pools", search: {} } as never)}>{s.cancel}</Button>
        <Button type="submit" look="primary" busy={attempt.busy} blocked={blocked}>
          {s.add}
        </Button>
      </footer>
    </form>
  );
}

function Column({ children }: { children: ReactNode }) {
  return <div className="mx-auto flex w-full max-w-3xl grow flex-col gap-6 p-4 md:p-6">{children}</div>;
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-4">
      <h2 className="border-b border-line pb-1.5 text-[14px] font-semibold">{title}</h2>
      {children}
    </section>
  );
}
