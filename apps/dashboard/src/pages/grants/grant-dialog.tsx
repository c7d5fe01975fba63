import { GrantService, GroupService, RoleService, UserService } from "@limiquantix/api";
import { useId, useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { Checkbox, Field, Input, Select } from "../../ui/field.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { ObjectPicker, type PickedObject } from "./object-picker.tsx";

const s = strings.grants;

export interface GrantDialogProps {
  /** On what; without it, it is asked for. */
  object?: PickedObject;
  /** Whom; without it, it is asked for. */
  holder?: { kind: "user" | "group"; name: string };
  onClose: () => void;
  onDone: () => void;
}

/** Who, which role, on what. */
export function GrantDialog({ object, holder, onClose, onDone }: GrantDialogProps) {
  const client = useClient(GrantService);
  const roleClient = useClient(RoleService);
  const { data } = useQuery("roles", (signal) => roleClient.listRoles({}, { signal }));
  const [kind, setKind] = useState<"user" | "group">(holder?.kind ?? "user");
  const [name, setName] = useState(holder?.name ?? "");
  const [roleId, setRoleId] = useState("");
  const [on, setOn] = useState<PickedObject>(object ?? { kind: "root", id: "", name: s.root });
  const [thisObjectOnly, setThisObjectOnly] = useState(false);
  const [may] = useCan([{ privilege: "grant.manage", object: { kind: on.kind, id: on.id } }]);
  const role = data?.roles.find(({ id }) => id === (roleId || "read-only"));
  return (
    <FormDialog
      title={object ? `${s.dialogTitle}: ${object.name}` : s.dialogTitle}
      description={s.dialogText}
      submit={s.give}
      done={s.given}
      blocked={blockedBy(may)}
      fields={["userId", "groupId", "roleId"]}
      onClose={onClose}
      work={async () => {
        const value = name.trim();
        await client.createGrant({
          holder: kind === "user" ? { case: "userId", value } : { case: "groupId", value },
          roleId: role?.id ?? "",
          object: { kind: on.kind, id: on.id },
          thisObjectOnly,
          idempotencyKey: newKey(),
        });
        onDone();
      }}
    >
      {(error) => (
        <>
          <div className="flex gap-3">
            <div className="w-32 shrink-0">
              <Field label={s.holderKind}>
                <Select value={kind} onChange={(event) => setKind(event.target.value as "user" | "group")}>
                  <option value="user">{s.user}</option>
                  <option value="group">{s.group}</option>
                </Select>
              </Field>
            </div>
            <div className="grow">
              <HolderName kind={kind} value={name} onChange={setName} error={error("userId") ?? error("groupId")} />
            </div>
          </div>
          <Field label={s.role} hint={role?.description} error={error("roleId")}>
            <Select value={role?.id ?? ""} onChange={(event) => setRoleId(event.target.value)}>
              {data?.roles.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
          {!object && <ObjectPicker value={on} onChange={setOn} />}
          <Checkbox
            label={s.thisObjectOnly}
            hint={s.thisObjectOnlyHint}
            checked={thisObjectOnly}
            onChange={(event) => setThisObjectOnly(event.target.checked)}
          />
        </>
      )}
    </FormDialog>
  );
}

interface HolderNameProps {
  kind: "user" | "group";
  value: string;
  onChange: (name: string) => void;
  error: string | undefined;
}

/** A name, with those that there are offered to whoever may see them. */
function HolderName({ kind, value, onChange, error }: HolderNameProps) {
  const list = useId();
  const users = useClient(UserService);
  const groups = useClient(GroupService);
  const { data: names } = useQuery(`holders ${kind}`, async (signal) => {
    if (kind === "user") return (await users.listUsers({ pageSize: 1000 }, { signal })).users.map(({ name }) => name);
    return (await groups.listGroups({ pageSize: 1000 }, { signal })).groups.map(({ name }) => name);
  });
  return (
    <>
      <Field label={kind === "user" ? s.userName : s.groupName} error={error}>
        <Input
          autoFocus
          autoComplete="off"
          list={list}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      </Field>
      <datalist id={list}>
        {names?.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </datalist>
    </>
  );
}
