import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { moduleChecksum, unpackModuleZip } from "../../../engine/moduleZip";
import { folderOfTest } from "../../support/folder";

const PREFIX = "golang.org/toolchain@v0.0.1/";

/** A zip file of these files: every second one is stored, the others are deflated. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [index, [name, text]] of Object.entries(files).entries()) {
    const content = Buffer.from(text);
    const isDeflated = index % 2 === 0;
    const packed = isDeflated ? deflateRawSync(content) : content;
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(isDeflated ? 8 : 0, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    local.push(header, Buffer.from(name), packed);
    central.push(entry, Buffer.from(name));
    offset += header.length + name.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

describe("unpackModuleZip", () => {
  const folder = folderOfTest();

  function unpack(content: Buffer): string {
    const file = join(folder(), "module.zip");
    writeFileSync(file, content);
    return unpackModuleZip(file, join(folder(), "out"), (path) => path.startsWith("bin/"));
  }

  it("unpacks stored and deflated files below the module's own path", () => {
    unpack(zipOf({ [`${PREFIX}bin/go`]: "program", [`${PREFIX}src/a.go`]: "package a\n" }));
    expect(readFileSync(join(folder(), "out", "bin", "go"), "utf8")).toBe("program");
    expect(readFileSync(join(folder(), "out", "src", "a.go"), "utf8")).toBe("package a\n");
  });

  it("makes programs executable, and nothing else", () => {
    unpack(zipOf({ [`${PREFIX}bin/go`]: "program", [`${PREFIX}src/a.go`]: "package a\n" }));
    expect(statSync(join(folder(), "out", "bin", "go")).mode & 0o111).toBe(0o111);
    expect(statSync(join(folder(), "out", "src", "a.go")).mode & 0o111).toBe(0);
  });

  it("renames _go.mod files to go.mod", () => {
    unpack(zipOf({ [`${PREFIX}src/_go.mod`]: "module std\n" }));
    expect(readFileSync(join(folder(), "out", "src", "go.mod"), "utf8")).toBe("module std\n");
  });

  it("refuses a name that leads out of the folder", () => {
    expect(() => unpack(zipOf({ [`${PREFIX}../../evil`]: "x" }))).toThrow("leads out");
  });

  it("refuses a file that is not a zip file, or that is cut off", () => {
    const whole = zipOf({ [`${PREFIX}a`]: "a" });
    expect(() => unpack(Buffer.from("<html>not found</html>"))).toThrow("not a zip file");
    expect(() => unpack(whole.subarray(0, -5))).toThrow("not a zip file");
  });
});

describe("moduleChecksum", () => {
  // From sum.golang.org, for golang.org/toolchain v0.0.1-go1.26.8.linux-amd64/go.mod, which has only this file.
  it("is the one in Go's checksum database", () => {
    const digest = createHash("sha256").update("module golang.org/toolchain\n").digest("hex");
    const expected = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";
    expect(moduleChecksum([{ name: "go.mod", digest }])).toBe(expected);
  });

  it("does not depend on the order of the files", () => {
    const files = ["b", "a", "B"].map((name) => ({ name, digest: name }));
    expect(moduleChecksum(files)).toBe(moduleChecksum([...files].reverse()));
  });
});
