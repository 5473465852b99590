/**
 * How long anything waits on the way to a server, in seconds: the one place that says it. Each wait ends with a code of
 * its own (docs/errors.md), and leaves nothing behind that would keep the process.
 */
export const BOUNDS = {
  /** Of one attempt to connect, until the session is ready: SERVER_UNREACHABLE. */
  connectSeconds: 10,
  /** How long a server that is full, or still starts, is asked again: SERVER_REFUSED. */
  fullServerSeconds: 60,
  /** For how long a server may be silent while a query of ours waits for it: SERVER_SILENT. */
  answerSeconds: 60,
  /**
   * The same where a statement may run long, and nothing on the server ends it: a copy of a whole database, a user's own
   * text. A directive's statement is ended by the server after v7:statementTimeoutSeconds; its answer is waited for that
   * long and `answerSeconds` more, so that it is the connection that is given up, never the statement.
   */
  longAnswerSeconds: 86_400,
  /** When the machine behind a connection that is silent is first asked whether it is there; ten seconds later it is not. */
  keepAliveSeconds: 30,
  /** Of each lock that a query of ours needs, outside a migration, which has v7:lockTimeoutSeconds: LOCK_TIMEOUT. */
  lockSeconds: 10,
  /** After this the server ends a transaction of ours in which nothing happens: a runner that was stopped. SERVER_LOST. */
  idleTransactionSeconds: 60,
  /** How long Pulumi may take to read a stack's settings, outputs or runs from its state: STACK_MISSING. */
  stateSeconds: 60,
  /** Of the goodbye. Nothing is waited for any more, so that it has no code: the connection is cut. */
  closeSeconds: 2,
};
