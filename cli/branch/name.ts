import { sha256 } from "../../runner/base/sha256";

/** A longer slug is cut: a stack's name, which is also used for folders and databases, has at most 100 characters. */
const SLUG_LENGTH = 40;
const DIGEST_LENGTH = 10;
const LOOKS_LIKE_DIGEST = /(^|-)[0-9a-f]{10}$/;

/**
 * The stack of a branch: `dev-<branch>` where the name is plain (short, of lowercase letters, digits and hyphens), else
 * `dev-<slug>-<digest>`. Two branches never have the same stack, even on file systems that ignore case: a plain name that
 * ends like a digest gets a digest, too.
 */
export function stackNameOf(branch: string): string {
  const slug = slugOf(branch);
  if (slug === branch && !LOOKS_LIKE_DIGEST.test(branch)) {
    return `dev-${branch}`;
  }
  return ["dev", slug, branchDigest(branch)].filter((part) => part !== "").join("-");
}

/** The first ten hexadecimal digits of the name's sha256. */
export function branchDigest(branch: string): string {
  return sha256(branch).slice(0, DIGEST_LENGTH);
}

function slugOf(branch: string): string {
  return branch
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, SLUG_LENGTH)
    .replace(/-+$/, "");
}
