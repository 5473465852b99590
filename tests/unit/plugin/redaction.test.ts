import { Redaction } from "../../../runner/plugin/rpc/redaction";

describe("redaction", () => {
  it("takes secrets out as they are, and as a URL, JSON or SQL writes them", () => {
    const redaction = new Redaction();
    redaction.add([`p@ss'w"rd`]);
    expect(redaction.redact(`p@ss'w"rd`)).toBe("[secret]");
    expect(redaction.redact("postgres://u:p%40ss'w%22rd@h/d")).toBe("postgres://u:[secret]@h/d");
    expect(redaction.redact(JSON.stringify({ a: `p@ss'w"rd` }))).toBe('{"a":"[secret]"}');
    expect(redaction.redact(`PASSWORD 'p@ss''w"rd'`)).toBe("PASSWORD '[secret]'");
  });

  it("takes the longest out first, and what the parent knows", () => {
    const parent = new Redaction();
    parent.add(["secret"]);
    const redaction = new Redaction(parent);
    redaction.add(["topsecretword"]);
    expect(redaction.redact("topsecretword and secret")).toBe("[secret] and [secret]");
  });

  it("shows what nobody would see in a message, and knows a secret that holds such a thing", () => {
    const redaction = new Redaction();
    redaction.add(["\u202esecret", "a.+b(["]);
    expect(redaction.redact("a \u202esecret, \u001b[2Jb, a.+b([ and aaab")).toBe(
      "a [secret], [U+001B][2Jb, [secret] and aaab",
    );
  });

  it("leaves texts under four characters, which would take words apart", () => {
    const redaction = new Redaction();
    redaction.add(["a", "on", "off"]);
    expect(redaction.redact("turned on or off")).toBe("turned on or off");
  });
});
