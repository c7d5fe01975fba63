/** A server that cannot be reached or does not speak as it should; `code` as the system has it. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: string;

  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What the server of the files said no with; `code` as the system has it (RFC 1813, 2.6). */
export class NfsError extends Error {
  override readonly name = "NfsError";
  readonly code: string;
  readonly status: number;

  constructor(what: string, status: number) {
    const code = codes.get(status) ?? "EIO";
    super(`${what}: ${code === "EIO" && status !== 5 ? `NFS error ${status}` : code}`);
    this.code = code;
    this.status = status;
  }
}

export const NFS_JUKEBOX = 10_008;

const codes = new Map([
  [1, "EPERM"],
  [2, "ENOENT"],
  [5, "EIO"],
  [6, "ENXIO"],
  [13, "EACCES"],
  [17, "EEXIST"],
  [18, "EXDEV"],
  [19, "ENODEV"],
  [20, "ENOTDIR"],
  [21, "EISDIR"],
  [22, "EINVAL"],
  [27, "EFBIG"],
  [28, "ENOSPC"],
  [30, "EROFS"],
  [31, "EMLINK"],
  [63, "ENAMETOOLONG"],
  [66, "ENOTEMPTY"],
  [69, "EDQUOT"],
  [70, "ESTALE"],
  [10_001, "ESTALE"],
  [10_004, "EOPNOTSUPP"],
  [NFS_JUKEBOX, "EAGAIN"],
]);
