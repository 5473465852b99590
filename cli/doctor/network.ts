import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { connectProblem } from "../../engine/probe";
import { fault, messageOf } from "../../runner/base/fault";
import { within } from "../../runner/base/within";
import { BOUNDS } from "../../runner/postgres/bounds";
import { ok, type Examination, type Outcome } from "./examination";

/** A server's address. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Resolves the server's name, and connects to its port. */
export async function lookAtNetwork(
  examination: Examination,
  address: Outcome<Address>,
): Promise<Outcome<Address>> {
  const resolved = await examination.look("DNS", async (tell) => {
    const { host } = address.need();
    const addresses = await resolve(host);
    tell(ok(isIP(host) === 0 ? `"${host}" is ${addresses.join(", ")}` : "an address, no name"));
    return addresses;
  });
  return await examination.look("TCP", async (tell) => {
    const addresses = resolved.need();
    const { host, port } = address.need();
    const problems: string[] = [];
    for (const one of addresses) {
      const problem = await connectProblem(one, port, BOUNDS.connectSeconds);
      if (problem === undefined) {
        const others = problems.length === 0 ? "" : ` (not ${problems.join("; ")})`;
        tell(ok(`${one} takes connections at port ${port}${others}`));
        return { host, port };
      }
      problems.push(`${one}: ${problem}`);
    }
    throw fault("SERVER_UNREACHABLE", {
      what: `connecting to ${host}:${port}`,
      found: problems.join("; "),
      remedy: addresses.every((one) => isIP(one) === 6)
        ? "These addresses are IPv6 alone: use the session pooler's host and login (docs/runbook.md, 2. The connection), or a network with IPv6"
        : "See that the server runs (a Supabase project may be paused), and that no firewall is in between; of a stack's own server: npm start",
    });
  });
}

async function resolve(host: string): Promise<readonly string[]> {
  const seconds = BOUNDS.connectSeconds;
  const found = lookup(host, { all: true }).catch((error: unknown) => {
    throw unknownHost(host, (error as NodeJS.ErrnoException).code ?? messageOf(error));
  });
  const addresses = await within(seconds, found, () =>
    unknownHost(host, `no answer within ${seconds} s`),
  );
  return addresses.map(({ address }) => address);
}

function unknownHost(host: string, found: string): Error {
  return fault("SERVER_UNREACHABLE", {
    what: `looking for the address of "${host}"`,
    found,
    remedy: "Check v7:host, letter by letter, and that this machine can ask a name server",
  });
}
