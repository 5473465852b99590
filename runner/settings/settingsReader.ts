import { fault, type Fault } from "../base/fault";
import { isMapping } from "../base/yamlText";
import { isPinnedImage } from "./dockerImage";
import type { Login } from "./logins";
import type { RawSettings, SettingKey } from "./settingKeys";

/** A SCRAM verifier as the server writes it: iterations, salt, stored key, server key. */
const SCRAM_VERIFIER = /^SCRAM-SHA-256\$\d+:[^$]+\$[^:]+:.+$/;

/** Reads single settings and collects a fault for each that is wrong. */
export class SettingsReader {
  public constructor(
    private readonly raw: RawSettings,
    private readonly faults: Fault[],
  ) {}

  public text(key: SettingKey): string | undefined {
    return this.raw[key];
  }

  public required(key: SettingKey): string {
    const value = this.raw[key];
    if (value === undefined || value.trim() === "") {
      const secret = key === "password" ? " --secret" : "";
      this.faults.push(
        fault("SETTING_MISSING", {
          what: `reading setting "v7:${key}"`,
          found: "nothing",
          expected: "a value, since v7:database is external",
          remedy: `Run pulumi config set${secret} v7:${key} …`,
        }),
      );
      return "";
    }
    return value;
  }

  public oneOf<T extends string>(key: SettingKey, choices: readonly T[], fallback: T): T {
    const value = this.raw[key] ?? fallback;
    const choice = choices.find((one) => one === value);
    if (choice === undefined) {
      this.invalid(key, `"${value}"`, choices.join(", "));
    }
    return choice ?? fallback;
  }

  /** Empty where it is not set. */
  public matching(key: SettingKey, pattern: RegExp, expected: string): string {
    const value = this.raw[key];
    if (value !== undefined && !pattern.test(value)) {
      this.invalid(key, `"${value}"`, expected);
      return "";
    }
    return value ?? "";
  }

  public integer(key: SettingKey, fallback: number, least: number, most: number): number {
    const value = this.raw[key];
    const number = value === undefined ? fallback : Number(value);
    if (!Number.isInteger(number) || number < least || number > most || value?.trim() === "") {
      this.invalid(key, `"${value ?? ""}"`, `a whole number from ${least} to ${most}`);
      return fallback;
    }
    return number;
  }

  public image(key: SettingKey): string | undefined {
    const value = this.raw[key];
    if (value !== undefined && !isPinnedImage(value)) {
      this.invalid(key, `"${value}"`, "an image with a digest, or with a tag other than latest");
    }
    return value;
  }

  public list(key: SettingKey): readonly string[] {
    const value = this.json(key, "a list of names");
    if (!Array.isArray(value) || !value.every((one) => typeof one === "string")) {
      this.invalid(key, "something else", "a list of names");
      return [];
    }
    return value;
  }

  public logins(key: SettingKey): readonly Login[] {
    const value = this.json(key, "a list of logins");
    const isLogin = (one: unknown): one is Login =>
      isMapping(one) &&
      ["name", "role", "password"].every((name) => typeof one[name] === "string") &&
      Object.keys(one).length === 3;
    if (!Array.isArray(value) || !value.every(isLogin)) {
      this.invalid(key, "something else", "a list of { name, role, password }");
      return [];
    }
    for (const { name } of value.filter((one) => !SCRAM_VERIFIER.test(one.password))) {
      this.invalid(
        key,
        `a plain-text password for "${name}"`,
        "a SCRAM-SHA-256 verifier, made by npx v7 verifier",
      );
    }
    return value;
  }

  private json(key: SettingKey, expected: string): unknown {
    try {
      return JSON.parse(this.raw[key] ?? "[]");
    } catch {
      this.invalid(key, "text that is not JSON", expected);
      return [];
    }
  }

  private invalid(key: SettingKey, found: string, expected: string): void {
    this.faults.push(
      fault("SETTING_INVALID", {
        what: `reading setting "v7:${key}"`,
        found,
        expected,
        remedy: `Run pulumi config set v7:${key} with one of these`,
      }),
    );
  }
}
