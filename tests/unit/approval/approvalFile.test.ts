import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import {
  readAllowedSigners,
  readCandidates,
  readOnce,
  readRevocations,
} from "../../../runner/approval/files";
import { NO_REVOCATIONS } from "../../../runner/history/revocations";
import { faultOf, makeFolder, removeFolders } from "./support";

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = makeFolder();
});
afterAll(removeFolders);

describe("the reader of a file", () => {
  it("gives exactly the file's bytes, up to the largest size", () => {
    for (const length of [0, 1, 999, 1000]) {
      const bytes = Buffer.alloc(length, 0xfe);
      writeFileSync(at("file"), bytes);
      expect(readOnce(at("file"), 1000)).toEqual(bytes);
    }
  });

  it("refuses a file that is larger", () => {
    writeFileSync(at("file"), Buffer.alloc(16_385));
    expect(() => readOnce(at("file"), 16_384)).toThrow("a file larger than 16 KiB");
    // Nothing is read of a huge one: a sparse file of a terabyte.
    execFileSync("truncate", ["-s", "1T", at("huge")]);
    expect(() => readOnce(at("huge"), 16_384)).toThrow("a file larger than 16 KiB");
  });

  it("refuses a symbolic link to anything", () => {
    writeFileSync(at("file"), "{}");
    for (const target of [at("file"), "/dev/zero", at("nothing"), at("link")]) {
      const link = at(`link${target.replaceAll("/", "_")}`);
      symlinkSync(target, link);
      expect(() => readOnce(link, 1000)).toThrow("a symbolic link");
    }
  });

  it("refuses a FIFO at once, without waiting for a writer", () => {
    execFileSync("mkfifo", [at("fifo")]);
    expect(() => readOnce(at("fifo"), 1000)).toThrow("no regular file");
  });

  it("refuses a folder, a device and a socket", async () => {
    expect(() => readOnce(folder, 1000)).toThrow("no regular file");
    expect(() => readOnce("/dev/zero", 1000)).toThrow("no regular file");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at("socket"), resolve));
    expect(() => readOnce(at("socket"), 1000)).toThrow("a file that cannot be opened (ENXIO)");
    await new Promise((resolve) => server.close(resolve));
  });

  it("refuses a file that does not exist", () => {
    expect(() => readOnce(at("nothing"), 1000)).toThrow("no such file");
    expect(() => readOnce(at("nul\0l"), 1000)).toThrow("a file that cannot be opened");
  });

  it("keeps the bytes that it read if the file is changed afterwards", () => {
    writeFileSync(at("one.json"), "first");
    writeFileSync(at("one.json.sig"), "signature");
    const [candidate] = readCandidates([folder]);
    writeFileSync(at("new"), "second");
    renameSync(at("new"), at("one.json"));
    appendFileSync(at("one.json.sig"), "more");
    expect(candidate).toEqual({
      name: "one",
      json: Buffer.from("first"),
      signature: Buffer.from("signature"),
    });
  });
});

describe("the approvals folder", () => {
  it("gives every approval, sorted by name, and ignores other files", () => {
    for (const name of ["b.json", "b.json.sig", "a.json", "a.json.sig", "README.md", "revoked"]) {
      writeFileSync(at(name), name);
    }
    expect(readCandidates([folder]).map((one) => one.name)).toEqual(["a", "b"]);
  });

  it("gives the reason for each approval that cannot be read, and reads the others", () => {
    writeFileSync(at("alone.json"), "{}");
    writeFileSync(at("orphan.json.sig"), "-");
    mkdirSync(at("folder.json"));
    writeFileSync(at("good.json"), "{}");
    linkSync(at("good.json"), at("good.json.sig"));
    writeFileSync(at("huge.json"), "{}");
    writeFileSync(at("huge.json.sig"), Buffer.alloc(16_385));
    writeFileSync(at("linked.json"), "{}");
    symlinkSync(at("good.json"), at("linked.json.sig"));
    expect(readCandidates([folder])).toEqual([
      { name: "alone", problem: "the .json.sig file: no such file" },
      { name: "folder", problem: "the .json file: no regular file" },
      { name: "good", json: Buffer.from("{}"), signature: Buffer.from("{}") },
      { name: "huge", problem: "the .json.sig file: a file larger than 16 KiB" },
      { name: "linked", problem: "the .json.sig file: a symbolic link" },
      { name: "orphan", problem: "the .json file: no such file" },
    ]);
  });

  it("is empty if it does not exist, and a fault if it is a file", () => {
    expect(readCandidates([at("nothing")])).toEqual([]);
    writeFileSync(at("file"), "");
    expect(faultOf(() => readCandidates([at("file")]))).toMatchObject({
      code: "APPROVAL_FILE_INVALID",
    });
  });

  it("is a fault if it holds more than 500 approvals", () => {
    for (let count = 0; count <= 500; count += 1) {
      writeFileSync(at(`${String(count)}.json`), "");
    }
    expect(() => readCandidates([folder])).toThrow("found 501 approvals, expected at most 500");
  });
});

describe("the allowed signers' file", () => {
  it("is read unchanged, up to 64 KiB", () => {
    writeFileSync(at("signers"), "# é\n".padEnd(65_535, "x"));
    expect(readAllowedSigners(at("signers"))).toHaveLength(65_535);
  });

  it("is a fault if it is a link, larger, not UTF-8 or missing", () => {
    symlinkSync("/etc/passwd", at("link"));
    writeFileSync(at("large"), Buffer.alloc(65_537, "x"));
    writeFileSync(at("latin1"), Buffer.from("caf\xe9", "latin1"));
    for (const name of ["link", "large", "latin1", "nothing"]) {
      expect(faultOf(() => readAllowedSigners(at(name)))).toMatchObject({
        code: "SIGNERS_INVALID",
      });
    }
  });
});

describe("the revocation list's file", () => {
  it("revokes nothing if it does not exist", () => {
    expect(readRevocations([folder])).toEqual(NO_REVOCATIONS);
  });

  it("revokes the nonces that it names", () => {
    writeFileSync(at("revoked"), `# lost\n${"0a".repeat(16)}\n`);
    expect(readRevocations([folder]).nonces).toEqual(new Set(["0a".repeat(16)]));
  });

  it("is a fault if it is a link to a missing file, or has a line that is not an entry", () => {
    const invalid = { code: "APPROVAL_FILE_INVALID" };
    symlinkSync(at("nowhere"), at("revoked"));
    expect(faultOf(() => readRevocations([folder]))).toMatchObject(invalid);
    renameSync(at("revoked"), at("old"));
    writeFileSync(at("revoked"), "nonsense\n");
    expect(faultOf(() => readRevocations([folder]))).toMatchObject(invalid);
  });
});
