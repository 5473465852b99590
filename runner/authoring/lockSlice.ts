import { sha256 } from "../base/sha256";
import type { LockedStatement, Statement } from "../model";
import type { Names } from "./namesIn";

/** The part of a statement's lock that does not depend on its changes: place, digest, command tag and names. */
export function lockSlice({
  statement,
  tag,
  builtIns,
  roles,
}: Names & { readonly statement: Statement; readonly tag: string }): Pick<
  LockedStatement,
  "statement" | "offset" | "length" | "sha256" | "tag" | keyof Names
> {
  return {
    statement: statement.number,
    offset: statement.start,
    length: statement.bytes.length,
    sha256: sha256(statement.bytes),
    tag,
    builtIns,
    roles,
  };
}
