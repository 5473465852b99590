import { Client, type ClientConfig } from "pg";
import { SEARCH_PATH } from "./session";

/** What says where a connection goes, and who logs in. All of it has to be given: there are no defaults. */
export type ClientTarget = Required<
  Pick<ClientConfig, "host" | "port" | "database" | "user" | "ssl">
> & { readonly password: string };

/**
 * A client that is not yet connected. Nothing of the environment decides anything: no PG* variable and no password file
 * (libpq's rules, which `pg` follows wherever it is given nothing or an empty text).
 *
 * The search path is asked for in the startup packet already, unless `isPlain`: some poolers refuse every option there.
 */
export function newClient(
  { password, ...target }: ClientTarget,
  more: Pick<ClientConfig, "application_name" | "connectionTimeoutMillis" | "keepAlive"> = {},
  { isPlain = false }: { readonly isPlain?: boolean } = {},
): Client {
  return withoutPgVariables(() => {
    const client = new Client({
      ...target,
      ...more,
      // A function, because an empty password would be looked up in the environment and in ~/.pgpass.
      password: () => password,
      ...(isPlain ? {} : { options: `-c search_path=${SEARCH_PATH.replaceAll(" ", "")}` }),
    });
    // A connection that breaks while nobody waits on it would otherwise end the process; the next query says it.
    client.on("error", () => undefined);
    return client;
  });
}

/** The environment without libpq's variables: for a child that is told everything it needs. */
export function withoutPg(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isPgVariable(name)));
}

/** Variables that libpq and `pg` read. Those of a build or of a script (PGDATA, PG_VERSION) tell a client nothing. */
function isPgVariable(name: string): boolean {
  return /^PG(?!_)/i.test(name);
}

/** `pg` reads the environment in the constructor alone, which does not wait for anything. */
function withoutPgVariables<T>(construct: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => isPgVariable(name));
  for (const [name] of hidden) {
    Reflect.deleteProperty(process.env, name);
  }
  try {
    return construct();
  } finally {
    for (const [name, value] of hidden) {
      process.env[name] = value;
    }
  }
}
