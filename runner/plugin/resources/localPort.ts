import { randomUUID } from "node:crypto";
import { choosePort } from "../../embedded/system/port";
import { UNKNOWN } from "../../requests/inputShape";
import type { ResourceType } from "../resourceType";

/**
 * `directive:index:LocalPort`: a port of 127.0.0.1 that was free when it was chosen; kept in the state, so that the server
 * on it has the same port after each restart.
 */
export const localPort: ResourceType = {
  async create(_inputs, context) {
    if (context.preview) {
      return { id: UNKNOWN, outputs: { port: UNKNOWN } };
    }
    const port = await choosePort(randomUUID());
    return { id: String(port), outputs: { port } };
  },
};
