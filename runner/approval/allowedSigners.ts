import { fault } from "../base/fault";
import { isSignerName, InvalidApprovalText, quoteUntrusted, reasonOf } from "../base/untrustedText";
import { strictText } from "./approvalJson";
import { checkPublicKey, keyFingerprint, NAMESPACE, strictBase64 } from "./signature";

const MAX_BYTES = 65_536;

/** One person's key, and when it is trusted. */
export interface AllowedSigner {
  readonly principal: string;
  /** `ssh-ed25519 AAAA…`, as a file of ours repeats it. */
  readonly publicKey: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
  readonly validAfter?: Date;
  readonly validBefore?: Date;
}

/**
 * The signers that this content names, in ssh-keygen's format (man ssh-keygen, ALLOWED SIGNERS), read more strictly
 * than ssh-keygen reads it: one name and one key a line, no patterns, no certificate authorities, no key twice.
 *
 * A pattern would make any name a signer, and a key of two names would count as two persons. A person may have several
 * keys, each on a line of its own, and counts once.
 *
 * @throws SIGNERS_INVALID naming the line
 */
export function parseAllowedSigners(content: string): readonly AllowedSigner[] {
  const signers: AllowedSigner[] = [];
  try {
    if (Buffer.byteLength(content) > MAX_BYTES) {
      throw new InvalidApprovalText(`more than ${String(MAX_BYTES / 1024)} KiB`);
    }
    for (const [index, line] of strictText(Buffer.from(content)).split("\n").entries()) {
      if (line !== "" && !line.startsWith("#")) {
        signers.push(atLine(index + 1, () => withNoOther(parseLine(line), signers)));
      }
    }
    if (signers.length === 0) {
      throw new InvalidApprovalText("no signer");
    }
  } catch (error) {
    throw fault("SIGNERS_INVALID", {
      what: "reading the allowed signers",
      found: reasonOf(error),
      expected: `lines such as: alice namespaces="${NAMESPACE}" ssh-ed25519 AAAA…`,
      remedy: "Name each person by one plain name and one key a line; a key belongs to one person",
    });
  }
  return signers;
}

/** Is the key trusted at that moment of the database's clock? */
export function isTrustedAt(signer: AllowedSigner, now: Date): boolean {
  return (
    (signer.validAfter === undefined || signer.validAfter <= now) &&
    (signer.validBefore === undefined || now < signer.validBefore)
  );
}

function atLine<T>(line: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InvalidApprovalText(`in line ${String(line)}: ${reasonOf(error)}`);
  }
}

const KEY = /^(\S+) ((?:\S+ )?)((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+) ([A-Za-z0-9+/=]+)(?: [^\r]*)?$/;

function parseLine(line: string): AllowedSigner {
  const parts = KEY.exec(line);
  if (parts === null) {
    throw new InvalidApprovalText(
      `${quoteUntrusted(line)} is not a name, options, a key's type and the key, one space between`,
    );
  }
  const [, principal = "", options = "", type = "", base64 = ""] = parts;
  if (!isSignerName(principal)) {
    throw new InvalidApprovalText(
      `${quoteUntrusted(principal)} is not one plain name: patterns and lists are refused`,
    );
  }
  const publicKey = strictBase64(base64);
  if (checkPublicKey(publicKey) !== type) {
    throw new InvalidApprovalText(`the key is not of the type ${quoteUntrusted(type)} before it`);
  }
  return {
    principal,
    publicKey: `${type} ${base64}`,
    fingerprint: keyFingerprint(publicKey),
    ...parseOptions(options.trimEnd()),
  };
}

function parseOptions(text: string): Pick<AllowedSigner, "validAfter" | "validBefore"> {
  const found: { validAfter?: Date; validBefore?: Date } = {};
  const seen = new Set<string>();
  for (const option of text === "" ? [] : text.split(/,(?=[a-z-]+(?:=|,|$))/)) {
    const [, name = option, value = ""] = /^([a-z-]+)="([^"]*)"$/.exec(option) ?? [];
    if (seen.has(name)) {
      throw new InvalidApprovalText(`the option ${quoteUntrusted(name)} is there twice`);
    }
    seen.add(name);
    if (name === "namespaces") {
      checkNamespaces(value);
    } else if (name === "valid-after") {
      found.validAfter = parseMoment(value);
    } else if (name === "valid-before") {
      found.validBefore = parseMoment(value);
    } else {
      throw new InvalidApprovalText(
        `the option ${quoteUntrusted(option)} is refused: only namespaces, valid-after, valid-before`,
      );
    }
  }
  return found;
}

function checkNamespaces(value: string): void {
  const names = value.split(",");
  if (names.some((name) => !/^[A-Za-z0-9@._-]+$/.test(name))) {
    throw new InvalidApprovalText(
      `the namespaces ${quoteUntrusted(value)} are not plain names: patterns are refused`,
    );
  }
  if (!names.includes(NAMESPACE)) {
    throw new InvalidApprovalText(
      `the namespaces ${quoteUntrusted(value)} do not include "${NAMESPACE}"`,
    );
  }
}

/** YYYYMMDD[HHMM[SS]]Z. Without the Z, ssh-keygen would read the local time of whichever machine runs it. */
function parseMoment(value: string): Date {
  const [, year, month, day, hour = "00", minute = "00", second = "00"] =
    /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?Z$/.exec(value) ?? [];
  const text = [year, month, day].join("-") + `T${hour}:${minute}:${second}.000Z`;
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime()) || moment.toISOString() !== text) {
    throw new InvalidApprovalText(
      `${quoteUntrusted(value)} is not a UTC time such as 20261231Z or 20261231235959Z`,
    );
  }
  return moment;
}

function withNoOther(signer: AllowedSigner, others: readonly AllowedSigner[]): AllowedSigner {
  const sameKey = others.find((other) => other.fingerprint === signer.fingerprint);
  if (sameKey !== undefined) {
    throw new InvalidApprovalText(
      `the key ${signer.fingerprint} of ${quoteUntrusted(signer.principal)} already belongs to ${quoteUntrusted(sameKey.principal)}`,
    );
  }
  const name = signer.principal.toLowerCase();
  const lookalike = others.find(
    (other) => other.principal.toLowerCase() === name && other.principal !== signer.principal,
  );
  if (lookalike !== undefined) {
    throw new InvalidApprovalText(
      `${quoteUntrusted(signer.principal)} and ${quoteUntrusted(lookalike.principal)} differ in case only`,
    );
  }
  return signer;
}
