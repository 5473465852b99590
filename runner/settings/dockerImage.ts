import type { PostgresMajor } from "../postgres/majors";

/**
 * The official image's tag of each major, with the minor release of the embedded server (package.json; a test compares
 * them), so that both behave alike. A tag can be moved; to pin the bytes, set `v7:dockerImage` with a digest.
 */
const IMAGES: Readonly<Record<PostgresMajor, string>> = {
  15: "postgres:15.18",
  16: "postgres:16.14",
  17: "postgres:17.10",
  18: "postgres:18.4",
};

/** Docker's own grammar of a reference (distribution, reference/regexp.go), in parts. */
const HOST = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?/)?";
const WORD = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
// eslint-disable-next-line no-restricted-syntax -- made of the constants above
const REFERENCE = new RegExp(
  `^${HOST}${WORD}(?:/${WORD})*(?::(?<tag>${TAG}))?(?<digest>@sha256:[0-9a-f]{64})?$`,
);

/** The image of a container of that major. Default of `v7:dockerImage`. */
export function dockerImage(major: PostgresMajor): string {
  return IMAGES[major];
}

/** Whether the image has a digest, or a tag other than `latest`; any other name refers to newer images over time. */
export function isPinnedImage(text: string): boolean {
  const groups = REFERENCE.exec(text)?.groups;
  return (
    groups !== undefined &&
    (groups["digest"] !== undefined || !["latest", undefined].includes(groups["tag"]))
  );
}
