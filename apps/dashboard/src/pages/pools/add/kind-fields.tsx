import { strings } from "../../../strings/index.ts";
import { Checkbox, Field, Input, Select, TextArea } from "../../../ui/field.tsx";
import type { FieldErrors } from "../../../ui/form-dialog.tsx";
import type { KindField, Typed } from "./kinds.ts";

const s = strings.addPool;

/** The fields of one kind of storage, with what is wrong with each. */
export function KindFields(props: {
  fields: readonly KindField[];
  typed: Typed;
  onChange: (name: string, value: string) => void;
  error: FieldErrors;
  /** Said below secrets. */
  secretHint?: string;
}) {
  const { fields, typed, onChange, error, secretHint } = props;
  return fields.map((field) => {
    const { name, control, options = {}, placeholder } = field;
    const [label, hint] = s.fields[name] ?? [name, ""];
    const value = typed[name] ?? "";
    const set = (event: { target: { value: string } }) => onChange(name, event.target.value);
    if (control === "check") {
      return (
        <Checkbox
          key={name}
          label={label}
          hint={hint}
          checked={value === "yes"}
          onChange={(event) => onChange(name, event.target.checked ? "yes" : "")}
        />
      );
    }
    const below = control === "password" && secretHint ? secretHint : hint;
    return (
      <Field key={name} label={label} hint={below || undefined} error={error(name)}>
        {control === "select" ? (
          <Select value={value} onChange={set}>
            {Object.entries(options).map(([option, text]) => (
              <option key={option} value={option}>
                {text}
              </option>
            ))}
          </Select>
        ) : control === "lines" ? (
          <TextArea
            rows={2}
            spellCheck={false}
            className="font-mono text-[12px]"
            placeholder={placeholder}
            value={value}
            onChange={set}
          />
        ) : (
          <Input
            type={control}
            spellCheck={false}
            autoComplete={control === "password" ? "new-password" : "off"}
            placeholder={placeholder}
            value={value}
            onChange={set}
          />
        )}
      </Field>
    );
  });
}
