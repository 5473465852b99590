import type { Client } from "pg";
import { Fault, type FaultCode } from "../../runner/base/fault";
import type { ConnectionSettings } from "../../runner/model";
import { tlsOf } from "../../runner/postgres/client";
import { connect, refuseTransactionPooler } from "../../runner/postgres/connection";
import { refusePoolerPort } from "../../runner/postgres/pooler";
import { serverVersion } from "../../runner/postgres/serverVersion";
import type { StackRequest } from "../request";
import { ok, Outcome, warn, type Answer, type Examination, type Tell } from "./examination";
import type { Address } from "./network";

/** A certificate that expires sooner gets a warning. */
const SOON_DAYS = 30;

/** The result of connecting: a client, or the fault that ended the attempt. */
interface Opened {
  readonly settings: ConnectionSettings;
  readonly client?: Client;
  readonly fault?: Fault;
}

interface Stage {
  readonly check: string;
  /** The fault of a connection that fails at this stage. */
  readonly code: FaultCode;
  readonly say: (opened: Opened) => Promise<Answer> | Answer;
}

/** The stages of connecting, in order. */
const STAGES: readonly Stage[] = [
  { check: "TLS", code: "SERVER_TLS", say: sayTls },
  { check: "login", code: "SERVER_REFUSED", say: ({ settings }) => ok(`"${settings.user}"`) },
  { check: "pooler", code: "SERVER_POOLER", say: sayPooler },
  {
    check: "version",
    code: "SERVER_UNSUPPORTED",
    say: async ({ client }) =>
      ok(client === undefined ? "supported" : `PostgreSQL ${await serverVersion(client)}`),
  },
];

/** Opens a session with read-only transactions and reports each stage. The caller ends the session. */
export async function openSession(
  examination: Examination,
  settings: Outcome<StackRequest>,
  reached: Outcome<Address>,
): Promise<Outcome<Client>> {
  const port = await examination.look("port", (tell) => {
    const { connection } = settings.need().request;
    refusePoolerPort(connection);
    tell(ok(String(connection.port)));
    return connection;
  });
  const opened = await examination.look("connection", async (tell) => {
    reached.need();
    return await open(port.need(), tell);
  });
  let way = opened;
  for (const { check, code, say } of STAGES) {
    const before = way;
    way = await examination.look(check, async (tell) => {
      const so = before.need();
      if (so.fault?.code === code) {
        throw so.fault;
      }
      tell(await say(so));
      return so;
    });
  }
  const client = opened.isThere ? opened.need().client : undefined;
  if (!way.isThere) {
    await client?.end();
  }
  return new Outcome("connection", way.isThere && client !== undefined ? [client] : []);
}

async function open(settings: ConnectionSettings, tell: Tell): Promise<Opened> {
  try {
    const client = await connect(settings, { applicationName: "v7 doctor", retrySeconds: 0 });
    await client.query("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");
    tell(ok("a PostgreSQL server answers"));
    return { settings, client };
  } catch (error) {
    if (error instanceof Fault && STAGES.some(({ code }) => code === error.code)) {
      tell(ok("a server answers"));
      return { settings, fault: error };
    }
    throw error;
  }
}

function sayTls({ settings, client }: Opened): Answer {
  if (settings.sslMode === "disable") {
    return settings.host === "127.0.0.1"
      ? ok("none, on this machine")
      : warn("none: v7:sslMode is disable", "Set v7:sslMode to verify-full, with v7:caCertificate");
  }
  const tls = client === undefined ? undefined : tlsOf(client);
  if (tls === undefined) {
    return ok(settings.sslMode ?? "verify-full");
  }
  const words = `${tls.protocol}, ${settings.sslMode ?? "verify-full"}, the certificate holds until ${tls.validTo.toISOString().slice(0, 10)}`;
  const days = (tls.validTo.getTime() - Date.now()) / 86_400_000;
  return days > SOON_DAYS
    ? ok(words)
    : warn(words, "Have the server's certificate renewed before that day");
}

async function sayPooler({ settings, client }: Opened): Promise<Answer> {
  if (client !== undefined) {
    await refuseTransactionPooler(client, settings);
  }
  return ok("a session of its own");
}
