import { sha256 } from "../../runner/base/sha256";

/** A slug longer than this is cut: a stack's name has 100 characters at most, and names folders and databases too. */
const SLUG_LENGTH = 40;
const DIGEST_LENGTH = 10;
const LOOKS_LIKE_DIGEST = /(^|-)[0-9a-f]{10}$/;

/**
 * The stack of a branch: `dev-<branch>` where the name is plain (lowercase letters, digits, hyphens, not long), else
 * `dev-<slug>-<digest>`. The same for the same branch, another for any other: a plain name never looks like one with a
 * digest, and file systems that do not tell capitals apart still tell these apart.
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
