import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** PostgreSQL's own default, `scram_iterations`. */
const ITERATIONS = 4096;

/** A random password of 192 bits, in characters that need no encoding in a URL. */
export function generatePassword(): string {
  return randomBytes(24).toString("base64url");
}

/**
 * The verifier that PostgreSQL stores for a password, `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`. CREATE ROLE, ALTER
 * ROLE and initdb's --pwfile accept it in place of the password, so that the password never reaches the server, its log or a
 * file. https://www.postgresql.org/docs/17/catalog-pg-authid.html, RFC 5802 section 3.
 *
 * @throws RangeError for a password that is not printable ASCII, which would need SASLprep
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  if (!/^[\x20-\x7e]+$/.test(password)) {
    throw new RangeError("a password for scramVerifier is printable ASCII, and not empty");
  }
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
