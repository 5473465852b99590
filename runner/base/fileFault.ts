import { fault, type Fault } from "./fault";

/** What Node.js's calls do to a file, by their names in its errors; others are named as they are. */
const CALLS: Readonly<Record<string, string>> = {
  open: "opening",
  read: "reading",
  write: "writing",
  scandir: "reading the folder",
  mkdir: "making the folder",
  rename: "renaming",
  unlink: "removing",
  copyfile: "copying",
};

/** Why the operating system refuses, by its error codes. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "a read-only file system",
  ENOSPC: "no space left on the disk",
  EDQUOT: "an exceeded disk quota",
  ENOENT: "no such file or folder",
  ENOTDIR: "a file where the path needs a folder",
  EISDIR: "a folder where the path needs a file",
  EEXIST: "a file where the path needs a folder",
  ENAMETOOLONG: "a name that is too long",
  EMFILE: "too many open files",
};

/** The fault for a file that the operating system refused to open, make or change; undefined for any other error. */
export function fileFault(error: unknown): Fault | undefined {
  const { code = "", path, syscall } = error as NodeJS.ErrnoException;
  const found = REASONS[code];
  if (
    !(error instanceof Error) ||
    found === undefined ||
    syscall === undefined ||
    path === undefined
  ) {
    return undefined;
  }
  return fault("FILE_REFUSED", {
    what: `${CALLS[syscall] ?? syscall} "${path}"`,
    found,
    remedy: "Name another path, or correct this one's permissions or its disk, and run this again",
    cause: error,
  });
}
