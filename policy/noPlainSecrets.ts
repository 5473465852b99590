import type { ResourceValidationPolicy } from "@pulumi/policy";

/** Patterns of secrets. */
const SECRETS: readonly (readonly [string, RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["a URL with a password", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i],
  ["a JSON Web Token", /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/],
  ["a Supabase access token", /\bsbp_[0-9a-f]{40}\b/],
  ["a Supabase secret key", /\bsb_secret_[\w-]{20,}/],
];

/** Inputs that the providers' schemas declare secret: the engine encrypts them in the state. */
const SECRET_INPUTS: readonly string[] = ["password", "passwordWo", "superuserPassword"];

/** Refuses inputs with a secret in plain text, which the state and every preview would show. */
export const noPlainSecrets: ResourceValidationPolicy = {
  name: "no-plain-secrets",
  description: "No input holds a private key, a token or a URL with a password.",
  enforcementLevel: "mandatory",
  validateResource: ({ name, props, opts }, reportViolation) => {
    const hidden = [...SECRET_INPUTS, ...opts.additionalSecretOutputs];
    for (const [path, text] of textsOf(props, "")) {
      const found = SECRETS.find(([, pattern]) => pattern.test(text))?.[0];
      if (found !== undefined && !hidden.includes(path)) {
        reportViolation(
          `"${name}": found ${found} in the input ${path}, expected none. Keep it in a secret setting.`,
        );
      }
    }
  },
};

/** Every text in a value, with its path. Values unknown in a preview are skipped; `up` checks them. */
function textsOf(value: unknown, path: string): (readonly [string, string])[] {
  if (typeof value === "string") {
    return [[path, value]];
  }
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.keys(value).flatMap((key) => {
    const below = path === "" ? key : `${path}.${key}`;
    try {
      return textsOf((value as Record<string, unknown>)[key], below);
    } catch {
      return [];
    }
  });
}
