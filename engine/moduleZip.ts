import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { inflateRawSync } from "node:zlib";

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packedSize: number;
  readonly offset: number;
}

const END_RECORD = "PK\u0005\u0006";
const END_SIZE = 22;
const CENTRAL_HEADER = 0x02014b50;
const STORED = 0;

/**
 * Unpacks a Go module's zip into a folder and returns its checksum, as go.sum and sum.golang.org write it: `h1:…`.
 *
 * Node has no reader of zip files; this one reads what Go's module proxy writes (no zip64, no encryption).
 *
 * @param isProgram tells which files, by their path below the module, are made executable: such zips hold no modes
 * @throws Error where the file is not such a zip
 */
export function unpackModuleZip(
  file: string,
  folder: string,
  isProgram: (path: string) => boolean,
): string {
  const zip = readFileSync(file);
  const digests = readEntries(zip)
    .filter((entry) => !entry.name.endsWith("/"))
    .map((entry) => {
      const bytes = readContent(zip, entry);
      writeEntry(folder, entry.name, bytes, isProgram);
      return { name: entry.name, digest: createHash("sha256").update(bytes).digest("hex") };
    });
  return moduleChecksum(digests);
}

/** golang.org/x/mod/sumdb/dirhash, Hash1: the sha256 of the files' own digests and names, sorted by name. */
export function moduleChecksum(
  files: readonly { readonly name: string; readonly digest: string }[],
): string {
  const lines = [...files]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, digest }) => `${digest}  ${name}\n`);
  return `h1:${createHash("sha256").update(lines.join("")).digest("base64")}`;
}

function writeEntry(
  folder: string,
  name: string,
  bytes: Buffer,
  isProgram: (path: string) => boolean,
): void {
  // `golang.org/toolchain@v0.0.1-…/bin/go`: the module's path and version come first, in every name.
  const path = name.replace(/^[^@]*@[^/]*\//, "");
  if (path.split("/").includes("..") || path.startsWith("/")) {
    throw new Error(`the name "${name}" leads out of the archive`);
  }
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, bytes);
  if (isProgram(path)) {
    chmodSync(target, 0o755);
  }
  // A module may not hold another module's go.mod: the toolchain's come as _go.mod, as cmd/go expects and undoes.
  if (basename(path) === "_go.mod") {
    copyFileSync(target, join(dirname(target), "go.mod"));
  }
}

function readEntries(zip: Buffer): Entry[] {
  const end = zip.lastIndexOf(END_RECORD);
  if (end < 0 || end + END_SIZE > zip.length) {
    throw new Error("it is not a zip file");
  }
  const entries: Entry[] = [];
  let at = zip.readUInt32LE(end + 16);
  while (zip.readUInt32LE(at) === CENTRAL_HEADER) {
    const nameLength = zip.readUInt16LE(at + 28);
    entries.push({
      name: zip.toString("utf8", at + 46, at + 46 + nameLength),
      method: zip.readUInt16LE(at + 10),
      packedSize: zip.readUInt32LE(at + 20),
      offset: zip.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function readContent(zip: Buffer, { offset, packedSize, method }: Entry): Buffer {
  const start = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
  const packed = zip.subarray(start, start + packedSize);
  return method === STORED ? packed : inflateRawSync(packed);
}
