import { useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Select } from "../../ui/field.tsx";
import { folderPaths } from "./folder-paths.ts";

export interface FolderSelectProps {
  projectId: string;
  value: string;
  onChange: (folderId: string) => void;
  autoFocus?: boolean;
}

/** A folder of a project, or none: right below the project. */
export function FolderSelect({ projectId, value, onChange, ...rest }: FolderSelectProps) {
  const { inventory } = useConnection();
  const folders = useRows(inventory.folder);
  const paths = useMemo(() => folderPaths(folders, projectId), [folders, projectId]);
  return (
    <Select value={value} onChange={(event) => onChange(event.target.value)} {...rest}>
      <option value="">{strings.vm.move.top}</option>
      {paths.map(({ id, path }) => (
        <option key={id} value={id}>
          {path}
        </option>
      ))}
    </Select>
  );
}
