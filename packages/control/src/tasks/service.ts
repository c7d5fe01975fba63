import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  ListTasksResponseSchema,
  TaskSchema,
  TaskUpdateSchema,
  UpdateType,
  type ListTasksRequest,
  type ListTasksResponse,
  type Task,
  type TaskService,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Call } from "../rpc/call.ts";
import { callOf } from "../rpc/context.ts";
import { mutate } from "../rpc/mutate.ts";
import type { Database, Transaction } from "../store/database.ts";
import { tasks } from "../tables.ts";
import { watchTable } from "../watch/watch-table.ts";
import { isOpen } from "./task.ts";

/** Undoes what a kind of task had begun, in the transaction that notes the wish; others watch `cancel_requested`. */
export type Cancellers = Readonly<Record<string, (tx: Transaction, task: Task, call: Call) => void>>;

const defaultPageSize = 50;

export function taskService(parts: { db: Database; clock: Clock; cancellers: Cancellers }) {
  const { db, cancellers } = parts;
  return {
    getTask: ({ id }) => db.get(tasks, id),
    listTasks: (request, context) => listTasks(db, request, callOf(context)),
    cancelTask(request, context) {
      const call = callOf(context);
      const { id } = request;
      return mutate(parts, call, { method: "TaskService.CancelTask", request, response: TaskSchema }, (tx) => {
        const task = tx.get(tasks, id);
        if (!isOpen(task) || !task.cancellable || task.cancelRequested) return task;
        const asked = tx.update(tasks, id, (copy) => {
          copy.cancelRequested = true;
          copy.log.push(`${call.principal.name} asked to cancel it`);
        });
        cancellers[task.kind]?.(tx, asked, call);
        return tx.get(tasks, id);
      });
    },
    async *watchTasks({ ids, targetId, fromRevision }, context) {
      const { access, signal } = callOf(context);
      const wanted = new Set(ids);
      const from = Number(fromRevision);
      const asked = (task: Task) =>
        (wanted.size === 0 || wanted.has(task.id)) && (!targetId || task.target?.id === targetId);
      // Without ids the snapshot has only what has not ended; its end, and that of others, is told as a change.
      const known = new Set<string>();
      for await (const { type, row, revision } of watchTable(db, tasks, {
        matches: asked,
        from,
        signal,
        access,
        visible: access.sees("task", "task.view"),
      })) {
        if (type === UpdateType.RESET) known.clear();
        if (type === UpdateType.ADDED && revision === 0 && row && wanted.size === 0 && !isOpen(row)) continue;
        if (row && type !== UpdateType.DELETED) known.add(row.id);
        else if (row && !known.delete(row.id)) continue;
        yield create(TaskUpdateSchema, { type, revision: BigInt(revision), ...(row ? { task: row } : {}) });
      }
    },
  } satisfies ServiceImpl<typeof TaskService>;
}

function listTasks(db: Database, request: ListTasksRequest, { access }: Call): ListTasksResponse {
  const visible = access.sees("task", "task.view");
  const limit = request.pageSize || defaultPageSize;
  const states = new Set(request.states);
  const rows = request.targetId ? db.by(tasks, "target", request.targetId) : [...db.all(tasks)];
  const found: Task[] = [];
  for (const task of rows.toReversed()) {
    if (request.pageToken && task.id >= request.pageToken) continue;
    if (states.size > 0 && !states.has(task.state)) continue;
    if (!visible(task)) continue;
    found.push(task);
    if (found.length > limit) break;
  }
  const page = found.slice(0, limit);
  return create(ListTasksResponseSchema, {
    tasks: page,
    nextPageToken: found.length > limit ? (page.at(-1)?.id ?? "") : "",
  });
}
