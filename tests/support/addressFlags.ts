/** The flags of `npx v7 drift` that say where a database of a test server is. */
export function addressFlags(
  { host, port }: { readonly host: string; readonly port: number },
  database: string,
): readonly string[] {
  const where = ["--host", host, "--port", String(port), "--database", database];
  return [...where, "--ssl-mode", "disable"];
}
