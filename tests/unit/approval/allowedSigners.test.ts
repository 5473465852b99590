import fc from "fast-check";
import { parseAllowedSigners } from "../../../runner/approval/allowedSigners";
import { faultOf, makeKey, removeFolders, signerLine, wire } from "./support";

const alice = makeKey();
const bob = makeKey(["ecdsa"]);
afterAll(removeFolders);

const refuse = (content: string): string => {
  const { code, message } = faultOf(() => parseAllowedSigners(content));
  return code === "SIGNERS_INVALID" ? message : `no SIGNERS_INVALID: ${message}`;
};
const lineOf = (type: string, key: Buffer): string => `alice ${type} ${key.toString("base64")}\n`;

describe("the file of allowed signers", () => {
  it("gives each person and key, with ssh-keygen's own fingerprint", () => {
    const content = `# The signers\n\n${signerLine("alice", alice)}${signerLine("bob@example.com", bob, "")}`;
    expect(parseAllowedSigners(content)).toEqual([
      { principal: "alice", publicKey: alice.publicKey, fingerprint: alice.fingerprint },
      { principal: "bob@example.com", publicKey: bob.publicKey, fingerprint: bob.fingerprint },
    ]);
  });

  it("may restrict the time, and the namespaces to some that include v7-approval", () => {
    const options =
      'namespaces="git,v7-approval",valid-after="20310101Z",valid-before="203112312359Z"';
    expect(parseAllowedSigners(signerLine("alice", alice, options))).toMatchObject([
      {
        validAfter: new Date("2031-01-01T00:00:00Z"),
        validBefore: new Date("2031-12-31T23:59:00Z"),
      },
    ]);
  });

  it.each([
    ["*", "patterns and lists are refused"],
    ["a*", "patterns and lists are refused"],
    ["alic?", "patterns and lists are refused"],
    ["!bob", "patterns and lists are refused"],
    ["alice,bob", "patterns and lists are refused"],
    ["*@example.com", "patterns and lists are refused"],
    ['"alice"', "patterns and lists are refused"],
    ["-alice", "patterns and lists are refused"],
    ["аlice", "patterns and lists are refused"],
    ["alice bob", "is not a name, options"],
    ["", "is not a name, options"],
    [" alice", "is not a name, options"],
    ["\talice", "is not a name, options"],
  ])("is refused with the principal %j", (principal, reason) => {
    expect(refuse(signerLine(principal, alice))).toContain(reason);
  });

  it.each([
    ["cert-authority", 'the option "cert-authority" is refused'],
    ['cert-authority,namespaces="v7-approval"', 'the option "cert-authority" is refused'],
    ['namespaces="v7-approval",cert-authority', 'the option "cert-authority" is refused'],
    ["CERT-AUTHORITY", 'the option "CERT-AUTHORITY" is refused'],
    ['namespaces="git"', 'do not include "v7-approval"'],
    ['namespaces=""', "are not plain names"],
    ['namespaces="*"', "are not plain names"],
    ['namespaces="v7-*"', "are not plain names"],
    ['namespaces="!git,v7-approval"', "are not plain names"],
    ['namespaces="v7-approval",namespaces="git"', 'the option "namespaces" is there twice'],
    ["namespaces=v7-approval", "is refused: only"],
    ['valid-before="20311231"', "is not a UTC time"],
    ['valid-before="20310230Z"', "is not a UTC time"],
    ['valid-before="tomorrow"', "is not a UTC time"],
    ["no-touch-required", "is refused: only"],
    [",", "is refused: only"],
  ])("is refused with the options %s", (options, reason) => {
    expect(refuse(signerLine("alice", alice, options))).toContain(reason);
  });

  it("is refused if one key has two names or is there twice", () => {
    const other = 'namespaces="git,v7-approval"';
    expect(refuse(signerLine("alice", alice) + signerLine("bob", alice))).toContain(
      `in line 2: the key ${alice.fingerprint} of "bob" already belongs to "alice"`,
    );
    expect(refuse(signerLine("alice", alice) + signerLine("alice", alice, other))).toContain(
      "already belongs to",
    );
  });

  it("is refused if two names differ in case only", () => {
    expect(refuse(signerLine("alice", alice) + signerLine("Alice", bob))).toContain(
      '"Alice" and "alice" differ in case only',
    );
  });

  it("is refused if it names nobody, is too large, or has a byte order mark, Windows line ends or zero bytes", () => {
    expect(refuse("")).toContain("found no signer");
    expect(refuse("# nobody\n\n")).toContain("found no signer");
    expect(refuse(`\uFEFF${signerLine("alice", alice)}`)).toContain("byte order mark");
    expect(refuse(signerLine("alice", alice) + "#".repeat(65_536))).toContain("more than 64 KiB");
    expect(refuse(`alice ${alice.publicKey}\r\n`)).toContain(
      "a carriage return, as in Windows line ends",
    );
    expect(refuse(`alice ${alice.publicKey} a\0b\n`)).toContain("found a zero byte");
  });

  it("is refused if a key is weak, of another type than its line says, or not in its canonical form", () => {
    const rsa = (bits: number) =>
      wire("ssh-rsa", Buffer.from([1, 0, 1]), Buffer.alloc(bits / 8, 0x7f));
    const ed25519 = wire("ssh-ed25519", Buffer.alloc(32, 7));
    const point = Buffer.alloc(65, 4);
    const [type = "", base64 = ""] = alice.publicKey.split(" ");
    expect(refuse(lineOf("ssh-rsa", rsa(1024)))).toContain("fewer than 2048 bits");
    expect(
      refuse(lineOf("ssh-rsa", wire("ssh-rsa", Buffer.from([1, 0, 1]), Buffer.alloc(257)))),
    ).toContain("not in its shortest form");
    expect(refuse(lineOf("ssh-dss", wire("ssh-dss")))).toContain('type "ssh-dss" are not accepted');
    expect(refuse(lineOf("ssh-ed25519", wire("ssh-ed25519-cert-v01@openssh.com")))).toContain(
      "are not accepted",
    );
    expect(refuse(lineOf("ssh-rsa", ed25519))).toContain('not of the type "ssh-rsa"');
    expect(refuse(lineOf("ssh-ed25519", Buffer.concat([ed25519, Buffer.of(0)])))).toContain(
      "bytes after its end",
    );
    expect(refuse(lineOf("ssh-ed25519", ed25519.subarray(0, -1)))).toContain("ends too early");
    expect(refuse(lineOf("ssh-ed25519", wire("ssh-ed25519", Buffer.alloc(31))))).toContain(
      "not an Ed25519",
    );
    const ecdsa = wire("ecdsa-sha2-nistp256", "nistp256", point.subarray(0, 33));
    expect(refuse(lineOf("ecdsa-sha2-nistp256", ecdsa))).toContain("not an uncompressed point");
    expect(refuse(`alice ${type} ${base64}=\n`)).toContain("it is not base64");
    expect(refuse(`alice ${type} ${base64.slice(0, 30)}\n`)).toContain("in line 1");
    expect(refuse("alice constructor AAAA\n")).toContain("is not a name, options");
  });

  it("is read, or refused with a code, for any text in its lines", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (before, after) => {
        const content = `${before} ${alice.publicKey}${after}`;
        let names: readonly string[] = [];
        const { code = "none" } = faultOf(() => {
          names = parseAllowedSigners(content).map((signer) => signer.principal);
        });
        expect(["none", "SIGNERS_INVALID"]).toContain(code);
        expect(names.every((name) => /^[\w.+@-]+$/.test(name))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
