import { randomUUID } from "node:crypto";
import { generatePassword, scramVerifier } from "../../embedded/server/scram";
import { UNKNOWN } from "../../requests/inputShape";
import type { ResourceType } from "../resourceType";

/** `directive:index:GeneratedPassword`: a random password and its SCRAM verifier, created once and kept in the state. */
export const generatedPassword: ResourceType = {
  secretOutputs: ["password", "verifier"],

  create(_inputs, context) {
    if (context.preview) {
      return Promise.resolve({ id: UNKNOWN, outputs: { password: UNKNOWN, verifier: UNKNOWN } });
    }
    const password = generatePassword();
    return Promise.resolve({
      id: randomUUID(),
      outputs: { password, verifier: scramVerifier(password) },
    });
  },
};
