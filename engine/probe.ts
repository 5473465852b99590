import { connect } from "node:net";

/** A download host that takes no connection within this time counts as unreachable. */
const PROBE_SECONDS = 4;

/**
 * Whether an HTTPS host takes a connection within 4 seconds. On a closed network a downloader would wait for minutes.
 *
 * Where HTTPS_PROXY is set, connects to the proxy instead, as the downloaders do.
 */
export async function answers(host: string): Promise<boolean> {
  const proxy = process.env["HTTPS_PROXY"] ?? process.env["https_proxy"] ?? "";
  const target = URL.canParse(proxy) ? new URL(proxy) : { hostname: host, port: 443 };
  const port = Number(target.port === "" ? 80 : target.port);
  return (await connectProblem(target.hostname, port, PROBE_SECONDS)) === undefined;
}

/** Why no connection could be made within so many seconds; undefined where one could. */
export function connectProblem(
  host: string,
  port: number,
  seconds: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (problem?: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(problem);
    };
    // Resolving a name has no timeout of its own.
    const timer = setTimeout(end, seconds * 1000, `no answer within ${seconds} s`);
    socket.once("connect", () => {
      end();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end(error.code ?? error.message);
    });
  });
}
