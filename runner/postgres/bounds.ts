/**
 * Time limits for everything that waits for a server, in seconds. Each wait that exceeds its limit ends with the fault
 * code that is named here (docs/errors.md), and leaves no timer or socket that keeps the process alive.
 */
export const BOUNDS = {
  /** For one attempt to connect, until the session is ready: SERVER_UNREACHABLE. */
  connectSeconds: 10,
  /** How long connecting to a server that is full or still starting is retried: SERVER_REFUSED. */
  fullServerSeconds: 60,
  /** How long the server may be silent while a query waits for it: SERVER_SILENT. */
  answerSeconds: 60,
  /**
   * The same for a statement that may run long and has no timeout on the server: a copy of a whole database, a user's own
   * SQL. The server ends a directive's statement after v7:statementTimeoutSeconds; the client waits `answerSeconds` longer,
   * so that it never gives up while the statement may still run.
   */
  longAnswerSeconds: 86_400,
  /** After this silence TCP probes the other machine; about ten seconds later the connection counts as broken. */
  keepAliveSeconds: 30,
  /** For each lock that a query needs outside a migration, which has v7:lockTimeoutSeconds: LOCK_TIMEOUT. */
  lockSeconds: 10,
  /** After this the server ends a transaction that is idle, because its runner was stopped: SERVER_LOST. */
  idleTransactionSeconds: 60,
  /** How long Pulumi may take to read a stack's settings, outputs or runs from its state: STACK_MISSING. */
  stateSeconds: 60,
  /** For closing a connection; then it is cut, without a fault. */
  closeSeconds: 2,
};

/** The most connections that Pulumi's postgresql plugin keeps open, for roles and grants. */
export const PLUGIN_CONNECTIONS = 4;
