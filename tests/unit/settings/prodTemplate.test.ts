import { parse } from "yaml";
import type { RawSettings } from "../../../runner/settings/settingKeys";
import { parseSettings } from "../../../runner/settings/stackSettings";
import { faultOf } from "../../support/faults";
import { textOf } from "../../support/repository";

/** Pulumi.prod.yaml's settings as the program gets them, with the missing ones filled in. */
function prodSettings(filledIn: RawSettings): RawSettings {
  const { config } = parse(textOf("Pulumi.prod.yaml")) as { config: Record<string, unknown> };
  const known = Object.entries(config).flatMap(([key, value]) =>
    typeof value === "string" ? [[key.replace(/^v7:/, ""), value] as const] : [],
  );
  return { ...Object.fromEntries(known), ...filledIn };
}

describe("Pulumi.prod.yaml", () => {
  it("lacks only the host, the login and the password, and one message asks for them", async () => {
    const settings = prodSettings({ host: "", user: "", password: "" });
    const { code, message } = await faultOf(() => parseSettings(settings));
    const [first, ...each] = message.split("\n");
    expect(code).toBe("SETTING_MISSING");
    expect(first).toBe(
      "SETTING_MISSING: reading the stack's settings: found 3 faults, expected none. Correct them all.",
    );
    expect(each.map((line) => /"v7:(\w+)": found nothing/.exec(line)?.[1])).toEqual([
      "host",
      "user",
      "password",
    ]);
  });

  it("is complete with these three, verifies the certificate, and requires an approval", () => {
    const filledIn = { host: "db.example.com", user: "postgres", password: "secret" };
    expect(parseSettings(prodSettings(filledIn))).toMatchObject({
      database: "external",
      external: { ...filledIn, port: 5432, databaseName: "postgres", sslMode: "verify-full" },
      requireApproval: true,
      requiredApprovals: 1,
    });
  });

  it("has no secret in plain text", () => {
    const { config } = parse(textOf("Pulumi.prod.yaml")) as { config: Record<string, unknown> };
    expect(typeof config["v7:password"]).not.toBe("string");
    expect(typeof config["v7:logins"]).not.toBe("string");
  });
});
