import { randomUUID } from "node:crypto";
import { choosePort } from "../../embedded/system/port";
import { UNKNOWN, type ResourceType } from "../resourceType";

/**
 * `directive:index:LocalPort`: a port of 127.0.0.1 that nothing listened on when it was chosen; kept in the state, so
 * that whoever listens there is found again after every restart.
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
