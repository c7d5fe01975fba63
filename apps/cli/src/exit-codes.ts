/**
 * What `lqx` tells its caller. Scripts rely on these: they are documented in `lqx --help` and do not change meaning.
 * `lqx vm ssh` answers with the exit code of ssh instead.
 */
export const ExitCode = {
  OK: 0,
  /** Our bug, or something unforeseen. */
  FAILED: 1,
  /** A wrong flag or argument, or a request that is wrong whatever the state. */
  USAGE: 2,
  NOT_FOUND: 3,
  /** Not logged in, or not allowed. */
  DENIED: 4,
  /** The state forbids it, the name is taken, or the object was changed by somebody else. */
  CONFLICT: 5,
  /** Nothing fits: no host, no space, too many requests. */
  EXHAUSTED: 6,
  /** The server or a host cannot be reached, or did not answer in time. */
  UNAVAILABLE: 7,
  /** A task that was waited for failed or was cancelled. */
  TASK_FAILED: 8,
  /** Ctrl-C; what was started goes on. */
  INTERRUPTED: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export const exitCodeHelp = `Exit codes:
  0  done                               5  the state forbids it, or it was changed meanwhile
  1  unforeseen failure                 6  nothing fits: no host, no space
  2  wrong flag, argument or request    7  cannot be reached, or no answer in time
  3  there is no such thing             8  the task that was waited for failed
  4  not logged in, or not allowed    130  interrupted; what was started goes on`;
