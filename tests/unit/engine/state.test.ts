import { describePassphrase, describeState } from "../../../engine/state";

describe("describeState", () => {
  it.each([
    ["", "of this checkout alone, in .v7/state"],
    ["s3://bucket/folder?region=eu-central-1", "shared, as V7_BACKEND_URL says: s3://…"],
    ["postgres://ada:sec/r@t@db.example.com/state", "shared, as V7_BACKEND_URL says: postgres://…"],
    ["bucket", "V7_BACKEND_URL, which is no URL"],
  ])("describes %j as: %s", (url, expected) => {
    expect(describeState({ V7_BACKEND_URL: url })).toBe(expected);
  });
});

describe("describePassphrase", () => {
  const known = "v7-dev, which everybody knows: for servers on 127.0.0.1 alone";
  it.each([
    ["a shell without a passphrase", {}, known],
    [
      "the passphrase v7-dev",
      { PULUMI_CONFIG_PASSPHRASE: "v7-dev", V7_BACKEND_URL: "s3://b" },
      known,
    ],
    [
      "the user's own passphrase",
      { PULUMI_CONFIG_PASSPHRASE: "secret" },
      "yours, PULUMI_CONFIG_PASSPHRASE",
    ],
    [
      "a file",
      { PULUMI_CONFIG_PASSPHRASE_FILE: __filename },
      "yours, PULUMI_CONFIG_PASSPHRASE_FILE",
    ],
    [
      "a file that is not there",
      { PULUMI_CONFIG_PASSPHRASE_FILE: "/no/such/file" },
      "PULUMI_CONFIG_PASSPHRASE_FILE, which names no file",
    ],
    [
      "shared state alone",
      { V7_BACKEND_URL: "s3://b" },
      "none: Pulumi asks for it, unless a cloud's key encrypts",
    ],
  ])("describes %s", (_what, environment, expected) => {
    expect(describePassphrase(environment)).toBe(expected);
  });
});
