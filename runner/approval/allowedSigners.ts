import { fault } from "../base/fault";
import {
  InvalidApprovalText,
  isSignerName,
  need,
  quoteUntrusted,
  reasonOf,
} from "../base/untrustedText";
import { strictText } from "./approvalJson";
import { checkPublicKey, keyFingerprint, NAMESPACE, strictBase64 } from "./signature";

const MAX_BYTES = 65_536;

/** One person's key, and when it is trusted. */
export interface AllowedSigner {
  readonly principal: string;
  /** `ssh-ed25519 AAAA…` */
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
    need(Buffer.byteLength(content) <= MAX_BYTES, `more than ${MAX_BYTES / 1024} KiB`);
    // JSON in the database, where a run pins the content, cannot hold it.
    need(!content.includes("\0"), "a zero byte");
    for (const [index, line] of strictText(Buffer.from(content)).split("\n").entries()) {
      if (line !== "" && !line.startsWith("#")) {
        signers.push(atLine(index + 1, () => expectDistinct(parseLine(line), signers)));
      }
    }
    need(signers.length > 0, "no signer");
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

/** Whether the key is trusted at that moment of the database's clock. */
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
    throw new InvalidApprovalText(`in line ${line}: ${reasonOf(error)}`);
  }
}

const KEY = /^(\S+) ((?:\S+ )?)((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+) ([A-Za-z0-9+/=]+)(?: .*)?$/;

function parseLine(line: string): AllowedSigner {
  need(!line.includes("\r"), "a carriage return, as in Windows line ends");
  const parts = KEY.exec(line);
  need(
    parts !== null,
    `${quoteUntrusted(line)} is not a name, options, a key's type and the key, one space between`,
  );
  const [, principal = "", options = "", type = "", base64 = ""] = parts;
  need(
    isSignerName(principal),
    `${quoteUntrusted(principal)} is not one plain name: patterns and lists are refused`,
  );
  const publicKey = strictBase64(base64);
  need(
    checkPublicKey(publicKey) === type,
    `the key is not of the type ${quoteUntrusted(type)} before it`,
  );
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
    need(!seen.has(name), `the option ${quoteUntrusted(name)} is there twice`);
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
  need(
    names.every((name) => /^[A-Za-z0-9@._-]+$/.test(name)),
    `the namespaces ${quoteUntrusted(value)} are not plain names: patterns are refused`,
  );
  need(
    names.includes(NAMESPACE),
    `the namespaces ${quoteUntrusted(value)} do not include "${NAMESPACE}"`,
  );
}

/** YYYYMMDD[HHMM[SS]]Z. Without the Z, ssh-keygen would read the local time of whichever machine runs it. */
function parseMoment(value: string): Date {
  const [, year, month, day, hour = "00", minute = "00", second = "00"] =
    /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?Z$/.exec(value) ?? [];
  const text = [year, month, day].join("-") + `T${hour}:${minute}:${second}.000Z`;
  const moment = new Date(text);
  need(
    !Number.isNaN(moment.getTime()) && moment.toISOString() === text,
    `${quoteUntrusted(value)} is not a UTC time such as 20261231Z or 20261231235959Z`,
  );
  return moment;
}

/** The signer, if no other has the same key, or a name that differs in case only. */
function expectDistinct(signer: AllowedSigner, others: readonly AllowedSigner[]): AllowedSigner {
  const sameKey = others.find((other) => other.fingerprint === signer.fingerprint);
  need(
    sameKey === undefined,
    `the key ${signer.fingerprint} of ${quoteUntrusted(signer.principal)} already belongs to ${quoteUntrusted(sameKey?.principal ?? "")}`,
  );
  const name = signer.principal.toLowerCase();
  const lookalike = others.find(
    (other) => other.principal.toLowerCase() === name && other.principal !== signer.principal,
  );
  need(
    lookalike === undefined,
    `${quoteUntrusted(signer.principal)} and ${quoteUntrusted(lookalike?.principal ?? "")} differ in case only`,
  );
  return signer;
}
