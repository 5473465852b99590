import { createHash, createHmac } from "node:crypto";
import { generatePassword, scramVerifier } from "../../../runner/embedded/server/scram";

/** RFC 7677, section 3: the example of an exchange by SCRAM-SHA-256. */
const RFC = {
  password: "pencil",
  salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
  authMessage:
    "n=user,r=rOprNGfwEbeRWgbNEkqO," +
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096," +
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  proof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  serverSignature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

describe("a SCRAM verifier", () => {
  const verifier = scramVerifier(RFC.password, Buffer.from(RFC.salt, "base64"));
  const keys = /^SCRAM-SHA-256\$4096:(.+)\$(.+):(.+)$/.exec(verifier);
  const [salt, storedKey, serverKey] = (keys ?? [])
    .slice(1)
    .map((text) => Buffer.from(text, "base64"));

  const hmac = (key: Buffer = Buffer.alloc(0)): Buffer =>
    createHmac("sha256", key).update(RFC.authMessage).digest();

  it("accepts the client's proof of RFC 7677", () => {
    const signature = hmac(storedKey);
    const clientKey = Buffer.from(RFC.proof, "base64").map((byte, i) => byte ^ (signature[i] ?? 0));
    expect(createHash("sha256").update(clientKey).digest()).toEqual(storedKey);
  });

  it("has the server key that gives the server's signature of RFC 7677", () => {
    expect(hmac(serverKey).toString("base64")).toBe(RFC.serverSignature);
    expect(salt?.toString("base64")).toBe(RFC.salt);
  });

  it("differs each time for the same password", () => {
    expect(scramVerifier("same")).not.toBe(scramVerifier("same"));
  });

  it.each(["", "Ünïcode", "line\nbreak"])("is refused for the password %j", (password) => {
    expect(() => scramVerifier(password)).toThrow(RangeError);
  });
});

describe("a generated password", () => {
  it("needs no escaping in a URL, in SQL or in a shell, and is new each time", () => {
    const passwords = Array.from({ length: 1000 }, () => generatePassword());
    expect(passwords.every((one) => /^[A-Za-z0-9_-]{32}$/.test(one))).toBe(true);
    expect(new Set(passwords).size).toBe(1000);
  });
});
