/** How a connection is encrypted, and what of the server's certificate is verified: libpq's words. */
export type SslMode = "disable" | "require" | "verify-ca" | "verify-full";
/** Where a database is and who logs in. Never printed: {@link describeTarget} says what may be. */
export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly user: string;
  readonly password: string;
  /** Default: `verify-full`. */
  readonly sslMode?: SslMode;
  /** PEM text of the certificate authority; default: the system's. */
  readonly caCertificate?: string;
}

/** One thing that stands in the way of applying the directive, and what to do about it. */
export interface Obstacle {
  readonly found: string;
  readonly remedy: string;
  /** Whether it may pass by itself: it is shown, and a run waits for it instead of being refused. */
  readonly isPassing?: boolean;
}

/** Why a plan may run: what was signed, by whom. Recorded with every step; empty on an unprotected database. */
export type Authorization = Readonly<Record<string, unknown>>;
/**
 * What a plan does: brings pending steps, takes the directives back, undoes drift, records what somebody made by hand,
 * brings an archive back, or changes who may sign.
 */
export type PlanAction = "apply" | "rollback" | "repair" | "adopt" | "restore" | "trust";
