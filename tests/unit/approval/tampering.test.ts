import { firstVerdict, judge, makeCandidate, makeKey, removeFolders, signerLine } from "./support";

afterAll(removeFolders);

/** The bytes with one bit of the byte at that position flipped. */
function flipped(bytes: Buffer, position: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[position] = (copy[position] ?? 0) ^ (1 << (position % 8));
  return copy;
}

/** The verdicts of this candidate with one byte changed in one of its files, at every `step`th position. */
async function verdictsOfFlips(
  files: ReturnType<typeof makeCandidate>,
  which: "json" | "signature",
  signers: string,
  step: number,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (let position = 0; position < files[which].length; position += step) {
    const changed = { ...files, [which]: flipped(files[which], position) };
    const judgement = await judge([changed], signers);
    const { verdict } = firstVerdict(judgement);
    found.set(verdict, (found.get(verdict) ?? 0) + 1);
    expect([position, judgement.satisfied]).toEqual([position, false]);
  }
  return found;
}

describe.each<[string, readonly string[], number]>([
  ["Ed25519", ["ed25519"], 1],
  ["ECDSA", ["ecdsa"], 7],
  ["RSA", ["rsa", "-b", "2048"], 13],
])("an approval signed with an %s key", (_, type, step) => {
  const key = makeKey(type);
  const signers = signerLine("alice", key);
  const files = makeCandidate(key, { notes: "Reviewed with the team" });

  it("is valid unchanged", async () => {
    expect((await judge([files], signers)).satisfied).toBe(true);
  });

  it("is refused if a bit of its bytes is flipped", async () => {
    const verdicts = await verdictsOfFlips(files, "json", signers, step);
    expect([...verdicts.keys()].sort()).toEqual(
      expect.arrayContaining(["badSignature", "malformed"]),
    );
    expect(verdicts.has("valid")).toBe(false);
  }, 60_000);

  it("is refused if a bit of its signature is flipped", async () => {
    const verdicts = await verdictsOfFlips(files, "signature", signers, step);
    expect(["badSignature", "untrusted"]).toEqual(expect.arrayContaining([...verdicts.keys()]));
  }, 60_000);
});

describe("the armour of a signature", () => {
  const key = makeKey();
  const files = makeCandidate(key);
  const text = files.signature.toString();

  it.each<[string, (armour: string) => string]>([
    ["with Windows line ends", (armour) => armour.replaceAll("\n", "\r\n")],
    ["with a byte order mark", (armour) => `\uFEFF${armour}`],
    ["with text before it", (armour) => `Signed by me\n${armour}`],
    ["with text after it", (armour) => `${armour}more\n`],
    ["if it is there twice", (armour) => armour + armour],
    ["without its last line end", (armour) => armour.trimEnd()],
    ["on one line", (armour) => armour.replace(/(?<=[A-Za-z0-9+/])\n(?=[A-Za-z0-9+/=])/g, "")],
    ["with an empty line", (armour) => armour.replace("\n", "\n\n")],
    ["with a space in it", (armour) => armour.replace(/U1NI/, "U1N I")],
    ["if it is empty", () => ""],
    ["with nothing in it", (armour) => armour.replace(/\n[^-]+\n/s, "\n\n")],
    ["without its middle", (armour) => armour.replace(/\n[^-]+\n/s, "\n")],
    ["if it is of PGP", (armour) => armour.replaceAll("SSH", "PGP")],
    ["if it is cut short", (armour) => armour.replace(/.{8}(?=\n-----END)/s, "")],
  ])("is refused %s", async (_, change) => {
    const changed = { ...files, signature: Buffer.from(change(text)) };
    expect(changed.signature.equals(files.signature)).toBe(false);
    const { verdict } = firstVerdict(await judge([changed], signerLine("alice", key)));
    expect(verdict).toBe("badSignature");
  });

  it("is refused with bytes after the signature's end, even if they decode", async () => {
    const base64 = text.split("\n").slice(1, -2).join("");
    const longer = Buffer.concat([Buffer.from(base64, "base64"), Buffer.alloc(9)]);
    const lines = longer.toString("base64").match(/.{1,70}/g) ?? [];
    const armour = ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""];
    const changed = { ...files, signature: Buffer.from(armour.join("\n")) };
    expect(firstVerdict(await judge([changed], signerLine("alice", key)))).toMatchObject({
      verdict: "badSignature",
      reason: "the signature: it has bytes after its end",
    });
  });
});
